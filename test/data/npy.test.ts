import { describe, expect, test } from 'vitest'
import { parseNpy, parseNumbers } from '../../src/data/npy.ts'

/** As numpy.save writes it; the first version, or one with a longer header. */
function npy(
  type: string,
  shape: string,
  data: Uint8Array,
  { version = 1, order = 'False' } = {},
): Uint8Array {
  const header = Buffer.from(`{'descr': '${type}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`)
  const length = Buffer.alloc(version > 1 ? 4 : 2)
  if (version > 1) length.writeUInt32LE(header.length)
  else length.writeUInt16LE(header.length)
  return Buffer.concat([Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0]), length, header, data])
}
const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
const reversed = (array: ArrayBufferView, size: number) => {
  const bytes = bytesOf(array).slice()
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse()
  return bytes
}

describe('numbers of numpy', () => {
  test.each<[string, ArrayBufferView, readonly number[]]>([
    ['f4', Float32Array.of(1.5, -2), [1.5, -2]],
    ['f8', Float64Array.of(0.1, -1e300), [0.1, -1e300]],
    ['i1', Int8Array.of(-5, 127), [-5, 127]],
    ['i2', Int16Array.of(-500, 300), [-500, 300]],
    ['i4', Int32Array.of(-70000, 70000), [-70000, 70000]],
    ['i8', BigInt64Array.of(-5n, 2n ** 40n), [-5, 2 ** 40]],
    ['u1', Uint8Array.of(0, 255), [0, 255]],
    ['u2', Uint16Array.of(1, 65535), [1, 65535]],
    ['u4', Uint32Array.of(1, 2 ** 32 - 1), [1, 2 ** 32 - 1]],
  ])('%s in either order of bytes', (type, array, expected) => {
    const size = Number(type[1])
    const of = (order: string, data: Uint8Array) => parseNumbers(npy(`${order}${type}`, '(2,)', data), 'f')
    const table = { rows: 2, columns: 1, values: Float64Array.from(expected) }
    expect(of('<', bytesOf(array))).toEqual(table)
    expect(of(size === 1 ? '|' : '=', bytesOf(array))).toEqual(table)
    expect(of('>', reversed(array, size))).toEqual(table)
    expect(parseNpy(npy(`<${type}`, '(2,)', bytesOf(array)), 'f').values).toEqual(Float32Array.from(expected))
  })

  test('row by row; none at all too; behind a header of any version, wherever they lie in memory', () => {
    const data = bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6))
    for (const version of [1, 2, 3]) {
      const file = npy('<f4', '(2, 3)', data, { version })
      const within = Buffer.concat([Buffer.from('xyz'), file]).subarray(3)
      expect(parseNumbers(within, 'f')).toEqual({
        rows: 2,
        columns: 3,
        values: Float64Array.of(1, 2, 3, 4, 5, 6),
      })
    }
    expect(parseNumbers(npy('<f4', '(0, 3)', new Uint8Array()), 'f')).toMatchObject({ rows: 0, columns: 3 })
    expect(parseNumbers(npy('<f4', '(0, 0)', new Uint8Array()), 'f')).toMatchObject({ rows: 0, columns: 0 })
    // More than is said is no matter.
    expect(parseNumbers(npy('<f4', '(1, 3)', data), 'f').values).toEqual(Float64Array.of(1, 2, 3))
  })

  test.each<[string, Uint8Array, string]>([
    ['one number', npy('<f4', '()', new Uint8Array(4)), 'an array of 0 dimensions'],
    ['no shape', npy('<f4', 'None', new Uint8Array(4)), 'an array of 0 dimensions'],
    ['a cube', npy('<f4', '(1, 1, 1)', new Uint8Array(4)), 'an array of 3 dimensions'],
    ['rows of nothing', npy('<f4', '(2, 0)', new Uint8Array(4)), 'an array of 2 rows with nothing in them'],
    ['texts', npy('<U4', '(1,)', new Uint8Array(16)), 'holds no plain numbers row by row'],
    ['objects', npy('|O', '(1,)', new Uint8Array(16)), 'holds no plain numbers row by row'],
    ['records', npy("', ('x", '(1,)', new Uint8Array(16)), 'holds no plain numbers row by row'],
    ['columns', npy('<f4', '(1,)', new Uint8Array(4), { order: 'True' }), 'row by row'],
    ['one short', npy('<f4', '(2, 1)', new Uint8Array(7)), 'cut short: [2, 1] need 8 bytes, 7 are there'],
    ['too many', npy('<f4', `(${2 ** 26 + 1},)`, new Uint8Array(7)), `and at most ${2 ** 26} are read`],
    [
      'too many in rows',
      npy('<f4', `(${2 ** 14}, ${2 ** 13})`, new Uint8Array(7)),
      'holds [16384, 8192] numbers',
    ],
    ['a short file', npy('<f4', '(1,)', new Uint8Array(4)).subarray(0, 11), 'is not a numpy file'],
    ['another first byte', Buffer.from('\x92NUMPY\x01\x00\x00\x00\x00\x00', 'latin1'), 'is not a numpy file'],
    ['other letters', Buffer.from('\x93NUMPI\x01\x00\x00\x00\x00\x00', 'latin1'), 'is not a numpy file'],
  ])('%s is refused', (_name, bytes, words) => {
    expect(() => parseNumbers(bytes, 'x.npy')).toThrow(
      `x.npy ${words === 'row by row' ? 'holds no plain numbers' : ''}`,
    )
    expect(() => parseNumbers(bytes, 'x.npy')).toThrow(words)
    expect(() => parseNumbers(bytes, 'x.npy')).toThrow(expect.objectContaining({ kind: 'input' }))
  })

  test('a long header is shown in part', () => {
    const long = npy(`<U4${'x'.repeat(500)}`, '(1,)', new Uint8Array(4))
    expect(() => parseNumbers(long, 'f')).toThrow(/row by row \(.{200}\): save/)
  })
})
