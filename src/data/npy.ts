import { inputError } from '../common/error.ts'

/** Numbers of a file, row by row. */
export interface Numbers<A extends Float32Array | Float64Array = Float64Array> {
  readonly rows: number
  readonly columns: number
  /** [rows · columns] */
  readonly values: A
}

/** As models take them. */
export type Table = Numbers<Float32Array>

type Read = (view: DataView, at: number, little: boolean) => number

/** numpy's codes of numbers without their byte order: bytes each, and how one is read. */
const TYPES: Readonly<Record<string, readonly [number, Read]>> = {
  f4: [4, (view, at, little) => view.getFloat32(at, little)],
  f8: [8, (view, at, little) => view.getFloat64(at, little)],
  i1: [1, (view, at) => view.getInt8(at)],
  i2: [2, (view, at, little) => view.getInt16(at, little)],
  i4: [4, (view, at, little) => view.getInt32(at, little)],
  i8: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  u1: [1, (view, at) => view.getUint8(at)],
  u2: [2, (view, at, little) => view.getUint16(at, little)],
  u4: [4, (view, at, little) => view.getUint32(at, little)],
}

/** Of a .npy file; larger ones are refused before they are read. Bytes. */
export const LARGEST_NPY = 2 ** 28
/** In an array: in memory each takes eight bytes, and four more. */
const MOST_NUMBERS = 2 ** 26
/** Characters of a header in a message. */
const SHOWN = 200

/**
 * A table [T, F], or one column [T], as numpy.save writes it (numpy.lib.format, all versions).
 * @param file for messages
 * @throws input error for what is none
 */
export function parseNpy(bytes: Uint8Array, file: string): Table {
  const { values, ...shape } = parseNumbers(bytes, file)
  return { ...shape, values: Float32Array.from(values) }
}

/** The same, in double precision. */
export function parseNumbers(bytes: Uint8Array, file: string): Numbers {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = String.fromCharCode(...bytes.subarray(1, 6))
  if (bytes.length < 12 || bytes[0] !== 0x93 || magic !== 'NUMPY')
    throw inputError('sequence.npy', `${file} is not a numpy file: write it with numpy.save`)
  const long = bytes[6] > 1
  const begin = long ? 12 : 10
  const start = begin + (long ? view.getUint32(8, true) : view.getUint16(8, true))
  const header = new TextDecoder('latin1').decode(bytes.subarray(begin, start))
  const descr = /'descr':\s*'([<>|=])(\w+)'/.exec(header)
  const type = TYPES[descr?.[2] ?? '']
  const shape = /'shape':\s*\(([\d, ]*)\)/
    .exec(header)?.[1]
    .split(',')
    .filter(side => side.trim() !== '')
  if (descr === null || type === undefined || header.includes("'fortran_order': True")) {
    throw inputError(
      'sequence.npy',
      `${file} holds no plain numbers row by row (${header.trim().slice(0, SHOWN)}): save np.ascontiguousarray(x, np.float32)`,
    )
  }
  if (shape === undefined || shape.length < 1 || shape.length > 2) {
    throw inputError(
      'sequence.shape',
      `${file} holds an array of ${shape?.length ?? 0} dimensions; a sequence is [rows, columns], or [rows]`,
    )
  }
  const [rows, columns = 1] = shape.map(Number)
  const [size, read] = type
  if (rows > 0 && columns === 0)
    throw inputError('sequence.shape', `${file} holds an array of ${rows} rows with nothing in them`)
  if (rows * columns > MOST_NUMBERS)
    throw inputError(
      'sequence.npy',
      `${file} holds [${rows}, ${columns}] numbers, and at most ${MOST_NUMBERS} are read: divide it`,
    )
  if (bytes.length < start + rows * columns * size) {
    throw inputError(
      'sequence.npy',
      `${file} is cut short: [${rows}, ${columns}] need ${rows * columns * size} bytes, ${bytes.length - start} are there`,
    )
  }
  const little = descr[1] !== '>'
  const values = Float64Array.from({ length: rows * columns }, (_, i) => read(view, start + i * size, little))
  return { rows, columns, values }
}
