import { inputError, messageOf } from '../../../../common/error.ts'
import { readRegularFile } from '../../../../common/regular-file.ts'

/** A scalar of a TensorBoard file. */
export interface Scalar {
  readonly tag: string
  readonly step: number
  readonly value: number
}

/** Larger files are refused. Bytes. */
const LARGEST = 2 ** 28
/** Of a file, with the tags that are asked for. */
const MOST_SCALARS = 2 ** 22

/**
 * The scalars of an event file with these tags, in its order: TFRecords of `Event` messages (the fields are named in
 * src/runner/runs/tensorboard-format.ts), values as `simple_value` or as TensorFlow 2's tensors of one float. What a killed
 * process left unfinished at the end is left out.
 * @throws input error where the file is none
 */
export async function readScalars(path: string, tags: ReadonlySet<string>): Promise<readonly Scalar[]> {
  const scalars: Scalar[] = []
  try {
    for (const record of recordsOf(await readRegularFile(path, { most: LARGEST }))) {
      scalars.push(...scalarsOf(record, tags))
      if (scalars.length > MOST_SCALARS) throw new Error(`it has more than ${MOST_SCALARS} points`)
    }
    return scalars
  } catch (error) {
    const words = `${path} is no TensorBoard file that is read: ${messageOf(error)}`
    throw inputError('report.events', words, { cause: error })
  }
}

/** Eight bytes of length, four of its checksum, the data, four of its checksum. */
function* recordsOf(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + 12 <= bytes.length; ) {
    const length = Number(view.getBigUint64(at, true))
    const end = at + 12 + length
    if (end + 4 > bytes.length) return
    if (length > 0) yield bytes.subarray(at + 12, end)
    at = end + 4
  }
}

function scalarsOf(event: Uint8Array, tags: ReadonlySet<string>): readonly Scalar[] {
  let step = 0
  const values: Uint8Array[] = []
  for (const { field, value } of fieldsOf(event)) {
    if (field === 2 && typeof value === 'number') step = value
    if (field === 5 && typeof value !== 'number')
      for (const own of fieldsOf(value))
        if (own.field === 1 && typeof own.value !== 'number') values.push(own.value)
  }
  return values.flatMap(bytes => {
    const { tag, value } = scalarIn(bytes)
    return value === undefined || !tags.has(tag) ? [] : [{ tag, step, value }]
  })
}

/** Summary.Value: 1 tag, 2 simple_value, 8 tensor. */
function scalarIn(bytes: Uint8Array): { readonly tag: string; readonly value?: number } {
  let tag = ''
  let value: number | undefined
  for (const own of fieldsOf(bytes)) {
    if (typeof own.value === 'number') continue
    if (own.field === 1) tag = new TextDecoder().decode(own.value)
    if (own.field === 2) value = floatAt(own.value)
    if (own.field === 8) value = tensorFloat(own.value)
  }
  return { tag, value }
}

/** TensorProto: 1 dtype (1: float), 4 tensor_content, 5 float_val, packed or not. */
function tensorFloat(bytes: Uint8Array): number | undefined {
  let isFloat = false
  let content: Uint8Array | undefined
  for (const { field, value } of fieldsOf(bytes)) {
    if (field === 1) isFloat = value === 1
    if ((field === 4 || field === 5) && typeof value !== 'number') content = value
  }
  return isFloat && content?.length === 4 ? floatAt(content) : undefined
}

function floatAt(bytes: Uint8Array): number | undefined {
  return bytes.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true) : undefined
}

interface Field {
  readonly field: number
  /** A varint, or the bytes of any other type. */
  readonly value: number | Uint8Array
}

/** Of a message in protobuf's wire format. @throws where it is none */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('cut short')
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  const taken = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error('cut short')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const key = varint()
    const [field, type] = [Math.floor(key / 8), key % 8]
    if (type === 0) yield { field, value: varint() }
    else if (type === 1) yield { field, value: taken(8) }
    else if (type === 2) yield { field, value: taken(varint()) }
    else if (type === 5) yield { field, value: taken(4) }
    else throw new Error(`wire type ${type}`)
  }
}
