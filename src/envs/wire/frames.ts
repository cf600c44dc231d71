import { inputError } from '../../common/error.ts'
import { HEADER_BYTES, Reader, Writer } from './bytes.ts'

/** Version of the protocol that is spoken (docs/protocol.md); a frame says its own. */
export const PROTOCOL = 1

/** What a frame asks for; its answer has the same number with `ANSWER` added, or is an `error`. */
export const KINDS = {
  hello: 1,
  make: 2,
  reset: 3,
  step: 4,
  render: 5,
  close: 6,
  describe: 16,
  refuses: 17,
  create: 18,
  act: 19,
  learn: 20,
  state: 21,
  restore: 22,
  dispose: 23,
  error: 0xff,
} as const

export const ANSWER = 0x80

/** Bytes that a frame may have after its length. */
const LARGEST_FRAME = 2 ** 30
/** Before the handshake nobody is trusted with memory. */
const LARGEST_HELLO = 2 ** 16

/** A frame that has arrived whole. */
export interface Arrived {
  readonly kind: number
  readonly version: number
  /** Chosen by who asks; its answer has it too. */
  readonly request: number
  /** Which environment or agent; 0 where it is about none. */
  readonly handle: number
  /** Of the payload. */
  readonly body: Reader
}

/** Cuts a stream of bytes into frames, however it arrives. */
export class FrameReader {
  private chunks: Uint8Array[] = []
  private size = 0
  private limit = LARGEST_HELLO

  /** Frames may be large from now on. */
  trust(): void {
    this.limit = LARGEST_FRAME
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    // A Buffer's slice is no copy: values would be views of what is sent.
    this.chunks.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length))
    this.size += chunk.length
  }

  /**
   * The next whole frame, undefined while there is none.
   * @throws input error where the length is none that a frame can have: the stream can't be followed any further
   */
  next(): Arrived | undefined {
    if (this.size < HEADER_BYTES) return undefined
    // A large frame comes in many pieces: they are joined once, when all are there.
    if (this.chunks[0].length < HEADER_BYTES) this.join()
    const { buffer, byteOffset } = this.chunks[0]
    const view = new DataView(buffer, byteOffset, HEADER_BYTES)
    const length = view.getUint32(0, true)
    if (length < HEADER_BYTES - 4 || length > this.limit) {
      throw inputError('wire.length', `a frame has ${HEADER_BYTES - 4} to ${this.limit} bytes, not ${length}`)
    }
    const whole = length + 4
    if (this.size < whole) return undefined
    if (this.chunks[0].length < whole) this.join()
    const [first] = this.chunks
    this.size -= whole
    if (first.length === whole) this.chunks.shift()
    else this.chunks[0] = first.subarray(whole)
    return {
      kind: view.getUint8(4),
      version: view.getUint8(5),
      request: view.getUint32(8, true),
      handle: view.getUint32(12, true),
      body: new Reader(first.subarray(0, whole)),
    }
  }

  private join(): void {
    const joined = new Uint8Array(this.size)
    let at = 0
    for (const chunk of this.chunks) {
      joined.set(chunk, at)
      at += chunk.length
    }
    this.chunks = [joined]
  }
}

/** A frame whose payload is one JSON text. */
export function jsonFrame(kind: number, request: number, handle: number, value: unknown): Uint8Array {
  const writer = new Writer()
  writer.text(JSON.stringify(value))
  return writer.finish(kind, PROTOCOL, request, handle)
}

/** @throws input error where the payload isn't one JSON object and no more */
export function jsonOf(body: Reader): Readonly<Record<string, unknown>> {
  const text = body.text()
  body.end()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw inputError('wire.json', `the frame's payload is no JSON: ${text.slice(0, 80)}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw inputError('wire.json', `the frame's payload is no JSON object: ${text.slice(0, 80)}`)
}
