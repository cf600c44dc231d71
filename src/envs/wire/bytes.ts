import { inputError } from '../../common/error.ts'

/** Bytes before a frame's payload: length, kind, version, request, handle. */
export const HEADER_BYTES = 16
/** Every batch of fixed size begins at a multiple of so many bytes from the frame's beginning. */
const ALIGNMENT = 8

/** Typed arrays whose bytes are sent as they lie in memory, little-endian. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array

/** A frame under construction; grows as it is written to. All numbers little-endian. */
export class Writer {
  private bytes: Uint8Array
  private view: DataView
  private at = HEADER_BYTES

  /** @param room bytes of payload that are expected */
  constructor(room = 240) {
    this.bytes = new Uint8Array(HEADER_BYTES + room)
    this.view = new DataView(this.bytes.buffer)
  }

  u8(value: number): void {
    this.reserve(1)
    this.bytes[this.at++] = value
  }

  u16(value: number): void {
    this.reserve(2)
    this.view.setUint16(this.at, value, true)
    this.at += 2
  }

  u32(value: number): void {
    this.reserve(4)
    this.view.setUint32(this.at, value, true)
    this.at += 4
  }

  i32(value: number): void {
    this.reserve(4)
    this.view.setInt32(this.at, value, true)
    this.at += 4
  }

  f64(value: number): void {
    this.reserve(8)
    this.view.setFloat64(this.at, value, true)
    this.at += 8
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
  }

  array(values: NumberArray): void {
    this.raw(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }

  /** Length in bytes as u32, then UTF-8. */
  text(text: string): void {
    const bytes = new TextEncoder().encode(text)
    this.u32(bytes.length)
    this.raw(bytes)
  }

  /** Zeros up to the next multiple of eight. */
  align(): void {
    const padding = (ALIGNMENT - (this.at % ALIGNMENT)) % ALIGNMENT
    this.reserve(padding)
    this.at += padding
  }

  /** The whole frame. */
  finish(kind: number, version: number, request: number, handle: number): Uint8Array {
    this.view.setUint32(0, this.at - 4, true)
    this.view.setUint8(4, kind)
    this.view.setUint8(5, version)
    this.view.setUint32(8, request, true)
    this.view.setUint32(12, handle, true)
    return this.bytes.subarray(0, this.at)
  }

  private reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(2 * this.bytes.length, this.at + count))
    grown.set(this.bytes.subarray(0, this.at))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }
}

/** Reads what `Writer` wrote, from a frame's first byte of payload on. @throws input error where it ends too early */
export class Reader {
  private readonly view: DataView
  private at = HEADER_BYTES

  /** @param frame a whole frame, header included */
  constructor(private readonly frame: Uint8Array) {
    this.view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  }

  u8(): number {
    return this.view.getUint8(this.take(1))
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true)
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true)
  }

  i32(): number {
    return this.view.getInt32(this.take(4), true)
  }

  f64(): number {
    return this.view.getFloat64(this.take(8), true)
  }

  /** A copy, which outlives the frame. */
  raw(count: number): Uint8Array {
    const from = this.take(count)
    return this.frame.slice(from, from + count)
  }

  text(): string {
    const count = this.u32()
    const from = this.take(count)
    return decoder.decode(this.frame.subarray(from, from + count))
  }

  align(): void {
    this.take((ALIGNMENT - (this.at % ALIGNMENT)) % ALIGNMENT)
  }

  /** @throws input error where something is left over */
  end(): void {
    const left = this.frame.length - this.at
    if (left !== 0) throw inputError('wire.long', `the frame has ${left} bytes more than it should`)
  }

  private take(count: number): number {
    const from = this.at
    if (from + count > this.frame.length) {
      const missing = from + count - this.frame.length
      throw inputError('wire.short', `the frame ends ${missing} bytes too early`)
    }
    this.at += count
    return from
  }
}

const decoder = new TextDecoder('utf-8', { fatal: false })
