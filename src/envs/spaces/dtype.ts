/** What a Box's numbers are, by numpy's names; int64 has no array of numbers here. */
export interface NumbersOf {
  readonly float32: Float32Array
  readonly float64: Float64Array
  readonly int8: Int8Array
  readonly uint8: Uint8Array
  readonly int16: Int16Array
  readonly uint16: Uint16Array
  readonly int32: Int32Array
  readonly uint32: Uint32Array
}

export type Dtype = keyof NumbersOf

interface DtypeFacts<A> {
  /** Typed arrays of it. */
  readonly array: { new (source: number | ArrayLike<number> | ArrayBufferLike): A; readonly name: string }
  readonly bytes: number
  /** Its least and its largest finite number. */
  readonly least: number
  readonly most: number
  readonly whole: boolean
}

const MAX_FLOAT32 = (2 - 2 ** -23) * 2 ** 127

export const DTYPES: { readonly [D in Dtype]: DtypeFacts<NumbersOf[D]> } = {
  float32: { array: Float32Array, bytes: 4, least: -MAX_FLOAT32, most: MAX_FLOAT32, whole: false },
  float64: { array: Float64Array, bytes: 8, least: -Number.MAX_VALUE, most: Number.MAX_VALUE, whole: false },
  int8: { array: Int8Array, bytes: 1, least: -(2 ** 7), most: 2 ** 7 - 1, whole: true },
  uint8: { array: Uint8Array, bytes: 1, least: 0, most: 2 ** 8 - 1, whole: true },
  int16: { array: Int16Array, bytes: 2, least: -(2 ** 15), most: 2 ** 15 - 1, whole: true },
  uint16: { array: Uint16Array, bytes: 2, least: 0, most: 2 ** 16 - 1, whole: true },
  int32: { array: Int32Array, bytes: 4, least: -(2 ** 31), most: 2 ** 31 - 1, whole: true },
  uint32: { array: Uint32Array, bytes: 4, least: 0, most: 2 ** 32 - 1, whole: true },
}
