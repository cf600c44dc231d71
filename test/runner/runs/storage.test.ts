import { mkdtemp, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { writeAtomic } from '../../../src/runner/runs/atomic.ts'
import { decode, decodeFile, encode, seal, unseal } from '../../../src/runner/runs/codec.ts'
import { digestOf, runHash } from '../../../src/runner/runs/digest.ts'
import { RunFolder } from '../../../src/runner/runs/run-folder.ts'
import { fc, property } from '../../support/property.ts'

const folder = async () => join(await mkdtemp(join(tmpdir(), 'layergym-test-')), 'run')

describe('codec', () => {
  property([fc.float32Array(), fc.array(fc.double())])(
    'keeps typed arrays and all numbers',
    (array, numbers) => {
      const value = {
        array,
        numbers,
        map: new Map([['a', 1]]),
        set: new Set(['x']),
        bytes: Uint8Array.of(1, 2),
      }
      const back = decode(encode(value)) as typeof value
      expect(back.array).toEqual(array)
      expect(back.map).toEqual(value.map)
      expect(back.set).toEqual(value.set)
      expect(back.bytes).toEqual(value.bytes)
      // Object.is: -0 and NaN too.
      back.numbers.forEach((n, i) => {
        expect(n).toBe(numbers[i])
      })
    },
  )
})

test('the codec keeps every kind of array, and a part of one', () => {
  const whole = Float64Array.of(1, 2, 3, 4)
  const value = {
    arrays: [
      ...[
        whole.subarray(1, 3),
        Float32Array.of(0.5),
        Int8Array.of(-1),
        Uint8Array.of(255),
        Int16Array.of(-300),
      ],
      ...[Uint16Array.of(60_000), Int32Array.of(-70_000), Uint32Array.of(4e9)],
    ],
    ...{ nothing: null, text: '$array', list: [[]], inner: { $array: 'of mine' } },
  }
  expect(decode(encode(value))).toEqual(value)
  expect(encode(new Map([[1, Uint8Array.of(1)]]))).toBe(
    '{"$map":[[1,{"$array":"Uint8Array","data":"AQ=="}]]}',
  )
})

describe('digest', () => {
  const run = {
    episodes: [{ actions: [[1, 2]], rewards: [0.5, 0] }],
    weights: [['a', [3, 1], Float32Array.of(1, 2, 0)]],
    policy: { head: { policy: [0.25], seconds: 3 } },
  }
  test('is the same for the same content, whatever the order of keys', () => {
    const { episodes, weights, policy } = structuredClone(run)
    expect(digestOf({ policy, weights, episodes, nothing: undefined })).toBe(digestOf(run))
    expect(digestOf({ ...run, policy: { head: { policy: [0.25], seconds: 4 } } }, ['seconds'])).toBe(
      digestOf(run, ['seconds']),
    )
    expect(digestOf(decode(encode(run)))).toBe(digestOf(run))
  })

  test.each([
    ['an action', { ...run, episodes: [{ actions: [[1, 3]], rewards: [0.5, 0] }] }],
    [
      'the last bit of a reward',
      { ...run, episodes: [{ actions: [[1, 2]], rewards: [0.5000000000000001, 0] }] },
    ],
    ['the sign of a zero', { ...run, episodes: [{ actions: [[1, 2]], rewards: [0.5, -0] }] }],
    ['a weight', { ...run, weights: [['a', [3, 1], Float32Array.of(1, 2.0000002, 0)]] }],
    ['the sign of a zero weight', { ...run, weights: [['a', [3, 1], Float32Array.of(1, 2, -0)]] }],
    ['a name', { ...run, weights: [['b', [3, 1], Float32Array.of(1, 2, 0)]] }],
    ['a shape', { ...run, weights: [['a', [1, 3], Float32Array.of(1, 2, 0)]] }],
    ['the kind of numbers', { ...run, weights: [['a', [3, 1], [1, 2, 0]]] }],
    ['the policy', { ...run, policy: { head: { policy: [0.26], seconds: 3 } } }],
    ['what is not a number', { ...run, policy: { head: { policy: [Number.NaN], seconds: 3 } } }],
  ])('changes with %s', (_what, other) => {
    expect(digestOf(other)).not.toBe(digestOf(run))
    expect(digestOf(decode(encode(other)))).toBe(digestOf(other))
  })

  test('tells apart what looks alike', () => {
    const alike = [
      ...[true, false, null, 'true', 'null', 0, '0', [], {}, [[]], new Map(), new Set()],
      ...[[1, 2], Float32Array.of(1, 2), Float64Array.of(1, 2), Int32Array.of(1, 2), Uint8Array.of(1, 2)],
      ...[
        new Map([['a', 1]]),
        new Set(['a', 1]),
        { a: 1 },
        [['a', 1]],
        ['a', 1],
        ['a1'],
        { a: undefined, b: 1 },
      ],
    ]
    expect(new Set(alike.map(value => digestOf(value))).size).toBe(alike.length)
    expect(() => digestOf(new DataView(new ArrayBuffer(1)))).toThrow('no digest of DataView')
  })

  test("a run's goes by the units' keys, not by when they were done", () => {
    const one = new Map([
      ['b', '2'],
      ['a', '1'],
    ])
    expect(runHash(one)).toBe(runHash(new Map([...one].reverse())))
    expect(runHash(new Map([...one, ['a', '2']]))).not.toBe(runHash(one))
  })
})

describe('writeAtomic', () => {
  test('puts a new file in the place of the old one: who reads that reads it to its end', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'layergym-test-'))
    const path = join(dir, 'a.json')
    await writeAtomic(path, 'the whole of the first')
    const reader = await open(path, 'r')
    await writeAtomic(path, 'second')
    expect(await reader.readFile('utf8')).toBe('the whole of the first')
    await reader.close()
    expect(await readFile(path, 'utf8')).toBe('second')
    expect(await readdir(dir)).toEqual(['a.json'])
  })
})

describe('sealed files', () => {
  test('come back whole, and not at all where a byte has changed', () => {
    const value = { weights: Float32Array.of(1, -0), score: Number.NaN }
    const text = seal(value)
    expect(unseal(text)).toEqual(value)
    expect(JSON.parse(text).sha256).toMatch(/^[\da-f]{64}$/)
    for (let at = 0; at < text.length; at += 7)
      expect(unseal(`${text.slice(0, at)}#${text.slice(at + 1)}`)).toBeUndefined()
    expect(unseal(encode(value))).toBeUndefined()
  })

  test('a file that people wrote needs no seal, and one that has it must keep to it', () => {
    const text = seal({ agent: 'ppo' })
    expect(decodeFile('{"agent":"ppo"}')).toEqual({ agent: 'ppo' })
    expect(decodeFile(text)).toEqual({ agent: 'ppo' })
    expect(() => decodeFile(text.replace('ppo', 'dqn'))).toThrow(/sha256/)
  })
})

describe('run folder', () => {
  test('an existing run is refused, unless it may be overwritten', async () => {
    const dir = await folder()
    await RunFolder.create(dir, { kind: 'train', seed: 1 }, false)
    await expect(RunFolder.create(dir, {}, false)).rejects.toThrow(
      /exists already.*--overwrite.*layergym resume/,
    )
    await RunFolder.create(dir, { kind: 'train', seed: 2 }, true)
    expect((await RunFolder.open(dir)).config).toEqual({ kind: 'train', seed: 2 })
  })

  test('a folder of other files is never overwritten', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'layergym-test-'))
    await writeFile(join(dir, 'thesis.tex'), 'years of work')
    await expect(RunFolder.create(dir, {}, true)).rejects.toThrow(/other files/)
    expect(await readdir(dir)).toEqual(['thesis.tex'])
  })

  test('a run of an earlier version is told apart, with the version where its summary says it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'layergym-test-'))
    await writeFile(join(dir, 'config.json'), '{"seed":1,"overwrite":false}')
    const opening = () => RunFolder.open(dir)
    await expect(opening()).rejects.toMatchObject({ code: 'run.older', exitCode: 2 })
    await expect(opening()).rejects.toThrow(/is a run of an earlier layergym: .*Start it anew with --config/)
    await writeFile(join(dir, 'summary.json'), '{"versions":{"layergym":"0.0.9"}}')
    await expect(opening()).rejects.toThrow('is a run of an earlier layergym (0.0.9): ')
  })

  test('a folder that is no run is named', async () => {
    await expect(RunFolder.open('/nowhere')).rejects.toThrow('/nowhere is not a run folder')
  })
})
