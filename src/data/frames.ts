/** uint8 frames of one clip in presentation order, row-major [T, H, W, C]. */

import { concatenatedBytes } from '../common/arrays.ts'

export interface Frames {
  readonly frames: Uint8Array
  readonly shape: readonly [frames: number, height: number, width: number, channels: number]
  /** Presentation time of each frame in seconds; 0 is the start of the file. */
  readonly times: Float64Array
}

/**
 * Where a decoder's thread says something in two writes (`[h264 @ 0x1] `, then what is wrong), a frame's line, which is
 * one write, may stand between them: it ends a line, but need not begin it.
 */
const STAMP = /\d+,\s*-?\d+,\s*(-?\d+),\s*\d+,\s*\d+,\s*0x[\da-f]+/

/**
 * Puts together what ffmpeg says on two pipes: raw pixels on stdout, and on stderr one `framecrc` line for each
 * frame (`stream, dts, pts, duration, size, checksum`) after a header with the time base and the picture's size.
 */
export class FrameCollector {
  private readonly sampler: NearestFrame | undefined
  private readonly chunks: Uint8Array[] = []
  private offset = 0 // into chunks[0]
  private waiting = 0 // bytes that have come and are not yet in a frame
  private taken = 0
  private readonly stamps: number[] = []
  private timeBase = 1
  private height = 0
  private width = 0
  private readonly sized: boolean

  constructor(
    private readonly channels: number,
    /** Frames a second to keep, each the nearest one in time; undefined keeps every frame. */
    rate?: number,
    size?: readonly [height: number, width: number],
    /** Seconds added to every time. */
    private readonly origin = 0,
  ) {
    this.sampler = rate === undefined ? undefined : new NearestFrame(rate)
    if (size !== undefined) [this.height, this.width] = size
    this.sized = size !== undefined
  }

  /** Frames that have been announced so far. */
  get count(): number {
    return this.stamps.length
  }

  /** Takes a line from stderr; false when it is not one of `framecrc`'s, so a message for people. */
  line(text: string): boolean {
    const stamp = STAMP.exec(text)
    if (stamp !== null) {
      this.stamps.push(Number(stamp[1]) * this.timeBase + this.origin)
      this.drain()
      return true
    }
    const header = /^#(\w+) \d+: (\d+)[/x](\d+)/.exec(text)
    if (header?.[1] === 'tb') this.timeBase = Number(header[2]) / Number(header[3])
    if (header?.[1] === 'dimensions' && !this.sized) [this.width, this.height] = header.slice(2).map(Number)
    return text.startsWith('#')
  }

  chunk(data: Uint8Array): void {
    this.chunks.push(data)
    this.waiting += data.length
    this.drain()
  }

  /** The frames kept, or undefined when pixels and times do not match: the pictures changed size midway. */
  finish(): Frames | undefined {
    const size = this.height * this.width * this.channels
    if (this.taken * size + this.waiting !== this.stamps.length * size) return undefined
    const { pixels, times } = this.sampler?.finish() ?? { pixels: this.chunks, times: this.stamps }
    return {
      frames: concatenatedBytes(pixels),
      shape: [times.length, this.height, this.width, this.channels],
      times: Float64Array.from(times),
    }
  }

  /** Without a rate all is kept as it comes and put together at the end: copying is what takes time. */
  private drain(): void {
    if (this.sampler === undefined) return
    const size = this.height * this.width * this.channels
    while (size > 0 && this.waiting >= size && this.taken < this.stamps.length) {
      this.fill(this.sampler.room(size))
      this.sampler.filled(this.stamps[this.taken++])
    }
  }

  private fill(frame: Uint8Array): void {
    let filled = 0
    while (filled < frame.length) {
      const chunk = this.chunks[0]
      const part = chunk.subarray(this.offset, this.offset + frame.length - filled)
      frame.set(part, filled)
      filled += part.length
      this.offset += part.length
      if (this.offset === chunk.length) {
        this.chunks.shift()
        this.offset = 0
      }
    }
    this.waiting -= frame.length
  }
}

/**
 * Resamples to a constant rate while frames come in: sample k stands for the time `first + k / rate` and is the
 * frame nearest to it (the earlier of two as near), until the last frame has been shown for its duration.
 */
class NearestFrame {
  private readonly pixels: Uint8Array[] = []
  private readonly times: number[] = []
  private first = 0
  private seen = 0
  private previousTime = 0
  private previous = new Uint8Array(0)
  private current = new Uint8Array(0)

  constructor(private readonly rate: number) {}

  /** Where the next frame goes. */
  room(size: number): Uint8Array {
    if (this.current.length !== size) this.current = new Uint8Array(size)
    return this.current
  }

  /** The frame is there: its time. */
  filled(time: number): void {
    if (this.seen++ === 0) this.first = time
    // Times are rounded, and a tie must not turn on that.
    else this.keepUntil((this.previousTime + time) / 2 + 0.001 / this.rate)
    this.previousTime = time
    const kept = this.pixels.at(-1) === this.previous
    const spare = kept ? new Uint8Array(this.current.length) : this.previous
    this.previous = this.current
    this.current = spare
  }

  finish(): { pixels: readonly Uint8Array[]; times: readonly number[] } {
    const shown = this.seen > 1 ? (this.previousTime - this.first) / (this.seen - 1) : 1 / this.rate
    // Less than the whole duration, since times are rounded: a clip at its own rate keeps its frame count.
    if (this.seen > 0) this.keepUntil(this.previousTime + shown - 0.01 / this.rate)
    return { pixels: this.pixels, times: this.times }
  }

  /** The previous frame stands for all samples until then. */
  private keepUntil(time: number): void {
    for (;;) {
      const sample = this.first + this.times.length / this.rate
      if (sample > time) return
      this.pixels.push(this.previous)
      this.times.push(sample)
    }
  }
}
