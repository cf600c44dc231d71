import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PassThrough } from 'node:stream'
import ffmpeg from 'fluent-ffmpeg'
import { failure, messageOf } from '../common/error.ts'
import { findCodecs } from './codecs.ts'

export interface VideoFormat {
  readonly width: number
  readonly height: number
  /** Frames a second. */
  readonly frameRate: number
}

/**
 * Writes RGB pictures as an mp4 (H.264, 4:2:0, which every browser plays). The file appears when it is whole:
 * until `finish` it has another name, and an aborted one leaves nothing.
 */
export class VideoWriter {
  private readonly input = new PassThrough({ highWaterMark: 4 << 20 })
  private readonly done: Promise<void>
  private readonly part: string

  private constructor(
    private readonly path: string,
    private readonly format: VideoFormat,
    ffmpegPath: string,
  ) {
    const { width, height, frameRate } = format
    this.part = `${path}.${randomUUID()}.part`
    const messages: string[] = []
    const command = ffmpeg()
      .setFfmpegPath(ffmpegPath)
      .input(this.input)
      .inputOptions(['-f rawvideo', '-pix_fmt rgb24', `-s ${width}x${height}`, `-r ${frameRate}`])
      .outputOptions(['-c:v libx264', '-pix_fmt yuv420p', '-movflags +faststart', '-f mp4'])
      // 4:2:0 has no odd sizes.
      .videoFilters('pad=ceil(iw/2)*2:ceil(ih/2)*2')
      .output(this.part)
    this.done = new Promise((resolve, reject) => {
      command
        .on('stderr', (line: string) => messages.push(line))
        .on('end', () => resolve())
        .on('error', error => {
          const said = messages.slice(-3).join('; ') || messageOf(error)
          reject(failure('video.write', `${path} can't be written: ${said}`, { cause: error }))
        })
    })
    // Whoever writes or finishes hears of it; until then it must not end the process.
    this.done.catch(() => this.input.destroy())
    this.input.on('error', () => undefined)
    command.run()
  }

  /** @throws LayergymError `codecs.missing` when there is no ffmpeg */
  static async create(path: string, format: VideoFormat): Promise<VideoWriter> {
    await mkdir(dirname(path), { recursive: true })
    return new VideoWriter(path, format, (await findCodecs()).ffmpeg.path)
  }

  /**
   * Appends a picture, uint8 [height, width, 3]; resolves when there is room for the next.
   * @throws failure `video.size` for a picture of another size, `video.write` when ffmpeg has failed
   */
  async write(picture: { width: number; height: number; pixels: Uint8Array }): Promise<void> {
    const { width, height } = this.format
    if (picture.width !== width || picture.height !== height) {
      throw failure(
        'video.size',
        `a picture of ${picture.width} × ${picture.height} in a video of ${width} × ${height}: all must be alike`,
      )
    }
    if (this.input.destroyed) return this.done
    if (this.input.write(Buffer.from(picture.pixels))) return
    await Promise.race([new Promise(resolve => this.input.once('drain', resolve)), this.done])
  }

  /** The whole file, in its place. */
  async finish(): Promise<void> {
    this.input.end()
    try {
      await this.done
      await rename(this.part, this.path)
    } finally {
      await rm(this.part, { force: true })
    }
  }

  /** Gives up: nothing stays. */
  async abort(): Promise<void> {
    // Killing it instead would miss an ffmpeg that has yet to start.
    this.input.end()
    await this.done.catch(() => undefined)
    await rm(this.part, { force: true })
  }
}
