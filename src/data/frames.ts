/** uint8 frames of one clip in presentation order, row-major [T, H, W, C]. */
export interface Frames {
  readonly frames: Uint8Array
  readonly shape: readonly [frames: number, height: number, width: number, channels: number]
  /** Presentation time of each frame in seconds; 0 is the start of the file. */
  readonly times: Float64Array
}

/**
 * Puts together what ffmpeg says on two pipes: raw pixels on stdout, and on stderr one `framecrc` line for each
 * frame (`stream, dts, pts, duration, size, checksum`) after a header with the time base and the picture's size.
 */
export class FrameCollector {
  private readonly keeper: FrameKeeper
  private readonly chunks: Uint8Array[] = []
  private offset = 0 // into chunks[0]
  private waiting = 0 // bytes that have come and are not yet in a frame
  private taken = 0
  private readonly stamps: number[] = []
  private timeBase = 1
  private height = 0
  private width = 0

  constructor(
    private readonly channels: number,
    /** Frames a second to keep, each the nearest one in time; undefined keeps every frame. */
    rate?: number,
    size?: readonly [height: number, width: number],
    /** Seconds added to every time. */
    private readonly origin = 0,
  ) {
    this.keeper = rate === undefined ? new EveryFrame() : new NearestFrame(rate)
    if (size !== undefined) [this.height, this.width] = size
    this.sized = size !== undefined
  }

  private readonly sized: boolean

  /** Frames that have been announced so far. */
  get count(): number {
    return this.stamps.length
  }

  /** Takes a line from stderr; false when it is not one of `framecrc`'s, so a message for people. */
  line(text: string): boolean {
    const stamp = /^\d+,\s*-?\d+,\s*(-?\d+),/.exec(text)
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
    if (this.waiting > 0 || this.taken !== this.stamps.length) return undefined
    this.keeper.finish()
    const { frames, times } = this.keeper
    const size = this.height * this.width * this.channels
    const joined = new Uint8Array(frames.length * size)
    for (const [i, frame] of frames.entries()) joined.set(frame, i * size)
    return {
      frames: joined,
      shape: [frames.length, this.height, this.width, this.channels],
      times: Float64Array.from(times),
    }
  }

  private drain(): void {
    const size = this.height * this.width * this.channels
    while (size > 0 && this.waiting >= size && this.taken < this.stamps.length)
      this.keeper.push(this.take(size), this.stamps[this.taken++])
  }

  private take(size: number): Uint8Array {
    const frame = new Uint8Array(size)
    let filled = 0
    while (filled < size) {
      const chunk = this.chunks[0]
      const part = chunk.subarray(this.offset, this.offset + size - filled)
      frame.set(part, filled)
      filled += part.length
      this.offset += part.length
      if (this.offset === chunk.length) {
        this.chunks.shift()
        this.offset = 0
      }
    }
    this.waiting -= size
    return frame
  }
}

interface FrameKeeper {
  readonly frames: readonly Uint8Array[]
  readonly times: readonly number[]
  push(frame: Uint8Array, time: number): void
  finish(): void
}

class EveryFrame implements FrameKeeper {
  readonly frames: Uint8Array[] = []
  readonly times: number[] = []

  push(frame: Uint8Array, time: number): void {
    this.frames.push(frame)
    this.times.push(time)
  }

  finish(): void {}
}

/**
 * Resamples to a constant rate while frames come in: sample k stands for the time `first + k / rate` and is the
 * frame nearest to it (the earlier of two as near), until the last frame has been shown for its duration.
 */
class NearestFrame implements FrameKeeper {
  readonly frames: Uint8Array[] = []
  readonly times: number[] = []
  private first = 0
  private seen = 0
  private previous: { frame: Uint8Array; time: number } | undefined

  constructor(private readonly rate: number) {}

  push(frame: Uint8Array, time: number): void {
    if (this.previous === undefined) this.first = time
    // Times are rounded, and a tie must not turn on that.
    else this.keepUntil((this.previous.time + time) / 2 + 0.001 / this.rate, this.previous.frame)
    this.previous = { frame, time }
    this.seen++
  }

  finish(): void {
    if (this.previous === undefined) return
    const shown = this.seen > 1 ? (this.previous.time - this.first) / (this.seen - 1) : 1 / this.rate
    // Less than the whole duration, since times are rounded: a clip at its own rate keeps its frame count.
    this.keepUntil(this.previous.time + shown - 0.01 / this.rate, this.previous.frame)
  }

  private keepUntil(time: number, frame: Uint8Array): void {
    for (;;) {
      const sample = this.first + this.frames.length / this.rate
      if (sample > time) return
      this.frames.push(frame)
      this.times.push(sample)
    }
  }
}
