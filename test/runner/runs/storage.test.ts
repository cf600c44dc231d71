import { mkdtemp, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { decode, encode } from '../../../src/runner/runs/codec.ts'
import { runHash } from '../../../src/runner/runs/hash.ts'
import { RunFolder } from '../../../src/runner/runs/run-folder.ts'

const folder = async () => join(await mkdtemp(join(tmpdir(), 'layergym-test-')), 'run')
const notice = (message: string) => ({ type: 'notice', message }) as const

describe('codec', () => {
  property.prop([fc.float32Array(), fc.array(fc.double())])(
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
      back.numbers.forEach((n, i) => {
        expect(n === numbers[i] || (Number.isNaN(n) && Number.isNaN(numbers[i])) || n === 0).toBe(true)
      })
    },
  )
})

describe('run hash', () => {
  const run = {
    episodes: [{ actions: [[1, 2]], rewards: [0.5] }],
    weights: { a: Float32Array.of(1, 2, 3) },
    policy: { head: { policy: [0.25] } },
  }
  test('is the same for the same run', () => {
    expect(runHash(structuredClone(run))).toBe(runHash(run))
  })

  test.each([
    ['an action', { ...run, episodes: [{ actions: [[1, 3]], rewards: [0.5] }] }],
    ['a reward', { ...run, episodes: [{ actions: [[1, 2]], rewards: [0.5 + 1e-16] }] }],
    ['a weight', { ...run, weights: { a: Float32Array.of(1, 2, 3.0000002) } }],
    ['the policy', { ...run, policy: { head: { policy: [0.26] } } }],
  ])('changes with %s', (what, other) => {
    if (what === 'a reward') other.episodes[0].rewards[0] = 0.5000000000000001
    expect(runHash(other)).not.toBe(runHash(run))
  })
})

describe('run folder', () => {
  test('an existing run is refused, unless it may be overwritten', async () => {
    const dir = await folder()
    await RunFolder.create(dir, { seed: 1 }, false)
    await expect(RunFolder.create(dir, {}, false)).rejects.toThrow(
      /exists already.*--overwrite.*layergym resume/,
    )
    await RunFolder.create(dir, { seed: 2 }, true)
    expect((await RunFolder.open(dir)).config).toEqual({ seed: 2 })
  })

  test('a folder of other files is never overwritten', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'layergym-test-'))
    await writeFile(join(dir, 'thesis.tex'), 'years of work')
    await expect(RunFolder.create(dir, {}, true)).rejects.toThrow(/other files/)
    expect(await readdir(dir)).toEqual(['thesis.tex'])
  })

  test('restoring cuts off the events after the checkpoint', async () => {
    const dir = await folder()
    const run = await RunFolder.create(dir, {}, false)
    await run.record(notice('before'))
    await run.checkpoint({ episode: 1 })
    await run.record(notice('after'))
    const { folder: again } = await RunFolder.open(dir)
    expect(await again.restore()).toEqual({ episode: 1 })
    await again.record(notice('again'))
    const lines = (await readFile(join(dir, 'events.jsonl'), 'utf8')).trim().split('\n')
    expect(lines.map(line => JSON.parse(line).message)).toEqual(['before', 'again'])
  })

  test('a checkpoint cut short falls back on the one before', async () => {
    const dir = await folder()
    const run = await RunFolder.create(dir, {}, false)
    for (let i = 1; i <= 4; i++) await run.checkpoint({ episode: i })
    const files = await readdir(join(dir, 'checkpoints'))
    const names = files.filter(name => name.startsWith('checkpoint-')).sort()
    expect(names).toHaveLength(2)
    await truncate(join(dir, 'checkpoints', names[1]), 10)
    expect(await (await RunFolder.open(dir)).folder.restore()).toEqual({ episode: 3 })
  })

  test('a folder that is no run is named', async () => {
    await expect(RunFolder.open('/nowhere')).rejects.toThrow('/nowhere is not a run folder')
  })
})
