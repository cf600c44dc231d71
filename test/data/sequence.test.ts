import { mkdtemp, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { npy } from '../../bench/support/npy.ts'
import { Rng } from '../../src/common/random.ts'
import { parseNpy } from '../../src/data/npy.ts'
import { readSequence } from '../../src/data/sequence.ts'
import { openSequenceSource } from '../../src/data/sequence-source.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layergym-test-'))
})

async function written(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

describe('a sequence', () => {
  test.each([
    ['with a header', 'x,y\n1,2\n3,4.5\n'],
    ['without one', '1,2\n3,4.5\n'],
    ['with semicolons, a mark and empty lines', '\ufeffx;y\r\n1;2\r\n\r\n3;4.5\r\n'],
    ['with tabs', '1\t2\n3\t4.5'],
  ])('is read from a CSV %s', async (name, text) => {
    const table = await readSequence(await written(`${name}.csv`, text))
    expect(table).toEqual({ rows: 2, columns: 2, values: Float32Array.of(1, 2, 3, 4.5) })
  })

  test.each([
    ['rows with nothing in them', '(4294967295, 0)', 'sequence.shape'],
    ['more numbers than are read', '(100000000, 1)', 'sequence.npy'],
  ])('is none in a numpy file that claims %s: no memory is asked for', async (_, shape, code) => {
    const header = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }\n`
    const head = Buffer.from(`\x93NUMPY\x01\0..${header}`, 'latin1')
    head.writeUInt16LE(header.length, 8)
    const path = await written('claims.npy', head)
    // Sparse: no disk is taken.
    await truncate(path, 2 ** 27)
    await expect(readSequence(path)).rejects.toMatchObject({ code, exitCode: 2 })
    await truncate(path, 2 ** 28 + 1)
    await expect(readSequence(path)).rejects.toThrow(/has 268435457 bytes, and at most/)
  })

  test('is read from numpy files', async () => {
    const values = Float32Array.of(1, 2, 3, 4, 5, 6)
    const path = await written('a.npy', npy(values, [3, 2]))
    expect(await readSequence(path)).toEqual({ rows: 3, columns: 2, values })
    const ids = await written('ids.npy', npy(Int32Array.of(5, 7), [2]))
    expect(await readSequence(ids)).toEqual({ rows: 2, columns: 1, values: Float32Array.of(5, 7) })
  })

  test.each([
    ['letters.csv', '1,2\n3,x\n', /letters\.csv line 2, column 2: 'x' is not a number/],
    ['gap.csv', 'a,b\n1,2\n3,\n', /gap\.csv line 3, column 2: '' is not a number/],
    ['ragged.csv', '1,2\n3\n', /ragged\.csv line 2 has 1 columns, the first line 2/],
    ['header.csv', 'a,b\n', /header\.csv holds no row/],
    ['empty.csv', '', /empty\.csv holds no row/],
    ['infinite.csv', '1\nInfinity\n', /infinite\.csv: row 2, column 1 is Infinity/],
    ['clip.mp4', 'x', /clip\.mp4 is no sequence/],
    ['text.npy', 'hello, this is text', /text\.npy is not a numpy file/],
    ['cube.npy', npy(new Float32Array(8), [2, 2, 2]), /array of 3 dimensions/],
    ['short.npy', npy(new Float32Array(8), [4, 2]).subarray(0, -4), /cut short: \[4, 2\] need 32 bytes, 28/],
  ])('%s is refused, with file and place', async (name, content, message) => {
    const path = await written(name, content)
    await expect(readSequence(path)).rejects.toMatchObject({ exitCode: 2 })
    await expect(readSequence(path)).rejects.toThrow(message)
  })

  test('of numbers that are big-endian doubles, or in columns', () => {
    const numpy = (header: string, data: Uint8Array) => {
      const text = `${header.padEnd(117)}\n`
      return Buffer.concat([
        Buffer.from([0x93]),
        Buffer.from('NUMPY'),
        Buffer.from([1, 0, 118, 0]),
        Buffer.from(text),
        data,
      ])
    }
    const big = Buffer.alloc(16)
    big.writeDoubleBE(1.5, 0)
    big.writeDoubleBE(-2, 8)
    const header = (order: string) => `{'descr': '>f8', 'fortran_order': ${order}, 'shape': (2, 1), }`
    expect(parseNpy(numpy(header('False'), big), 'f').values).toEqual(Float32Array.of(1.5, -2))
    expect(() => parseNpy(numpy(header('True'), big), 'f')).toThrow(/row by row/)
  })
})

describe('a source of sequences', () => {
  const clipOf = (path: string) => ({ id: path, path, label: '0' })

  test('takes rows from the middle of equal stretches, and repeats those of short ones', async () => {
    const long = clipOf(
      await written('long.csv', Array.from({ length: 8 }, (_, i) => `${i},${-i}`).join('\n')),
    )
    const short = clipOf(await written('short.csv', '7,8\n9,10\n'))
    const source = openSequenceSource([4, 2])
    expect(await source.prepare([long, short])).toEqual({ skipped: [] })
    expect([...source.batch([long, short], 'uniform')]).toEqual([
      ...[1, -1, 3, -3, 5, -5, 7, -7],
      ...[7, 8, 7, 8, 9, 10, 9, 10],
    ])
    const drawn = source.batch([long], Rng.of(1))
    expect(drawn).toEqual(source.batch([long], Rng.of(1)))
    for (const i of [0, 1, 2, 3]) expect([2 * i, 2 * i + 1]).toContain(drawn[2 * i])
  })

  test('refuses other columns than the model takes, and pieces; or leaves them out', async () => {
    const clip = clipOf(await written('three.csv', '1,2,3\n'))
    const message = /three\.csv has 3 columns; the model takes 2/
    await expect(openSequenceSource([2, 2]).prepare([clip])).rejects.toThrow(message)
    await expect(openSequenceSource([2, 3]).prepare([{ ...clip, start: 1 }])).rejects.toThrow(/start or end/)
    const { skipped } = await openSequenceSource([2, 2]).prepare([clip], { skipBroken: true })
    expect(skipped).toEqual([{ clip, reason: expect.stringMatching(message) }])
  })
})
