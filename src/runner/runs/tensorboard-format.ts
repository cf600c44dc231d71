/**
 * TensorBoard's event files: TFRecords (tensorflow/core/lib/io/record_writer.h) of `Event` messages
 * (tensorflow/core/util/event.proto) in protobuf's wire format. Only the fields that scalars need are written:
 *
 *     Event          1 wall_time double, 2 step int64, 3 file_version string, 5 summary Summary
 *     Summary        1 value repeated Value              (tensorflow/core/framework/summary.proto)
 *     Summary.Value  1 tag string, 2 simple_value float
 *
 * TensorBoard's data_compat.py turns `simple_value` into the tensor with the scalars plugin's metadata.
 */

import { concatenatedBytes } from '../../common/arrays.ts'

/** The record that every file begins with. `wallTime` in seconds since 1970. */
export function fileVersionEvent(wallTime: number): Uint8Array {
  return concatenatedBytes([double(1, wallTime), text(3, 'brain.Event:2')])
}

/** Named figures of one step. */
export function scalarsEvent(
  step: number,
  wallTime: number,
  values: Readonly<Record<string, number>>,
): Uint8Array {
  const summary = Object.entries(values).map(([tag, value]) =>
    message(1, concatenatedBytes([text(1, tag), float(2, value)])),
  )
  // As every protobuf writer does, a step of 0, the default, is left out.
  const counted = step === 0 ? [] : [key(2, 0), varint(step)]
  return concatenatedBytes([double(1, wallTime), ...counted, message(5, concatenatedBytes(summary))])
}

/** Frames data as a TFRecord: uint64 length, its masked CRC, the data, its masked CRC; little-endian. */
export function record(data: Uint8Array): Uint8Array {
  const framed = new Uint8Array(8 + 4 + data.length + 4)
  const view = new DataView(framed.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, maskedCrc(framed.subarray(0, 8)), true)
  framed.set(data, 12)
  view.setUint32(12 + data.length, maskedCrc(data), true)
  return framed
}

/** Masked since a CRC of data that holds CRCs is a weak one (tensorflow/core/lib/hash/crc32c.h). */
function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** CRC-32C (Castagnoli 1993; RFC 3720, appendix B.4), reflected polynomial 0x82f63b78. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of data) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8)
  return ~crc >>> 0
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** Wire types: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. */
function key(field: number, wireType: 0 | 1 | 2 | 5): Uint8Array {
  return Uint8Array.of((field << 3) | wireType)
}

function double(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value, true)
  return concatenatedBytes([key(field, 1), bytes])
}

function float(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setFloat32(0, value, true)
  return concatenatedBytes([key(field, 5), bytes])
}

function text(field: number, value: string): Uint8Array {
  return message(field, new TextEncoder().encode(value))
}

function message(field: number, content: Uint8Array): Uint8Array {
  return concatenatedBytes([key(field, 2), varint(content.length), content])
}

/** Seven bits a byte, the lowest first; by division, since steps pass 2³². */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
