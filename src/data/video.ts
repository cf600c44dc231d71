import { Writable } from 'node:stream'
import ffmpeg from 'fluent-ffmpeg'
import { inputError, interrupted, type LayergymError, messageOf } from '../common/error.ts'
import { type Codecs, findCodecs } from './codecs.ts'
import { checkOptions, type DecodeOptions, ffmpegOptions, seekTo } from './decode-options.ts'
import { FrameCollector, type Frames } from './frames.ts'
import { broken, type Input, openInput, withoutAddress } from './media-file.ts'
import { stalled, twice, Watchdog } from './watchdog.ts'

export type { DecodeOptions, Fit } from './decode-options.ts'
export { probeVideo, type VideoInfo } from './probe.ts'

export interface Video extends Frames {
  /** ffmpeg's message about frames lost midway. */
  readonly damage?: string
}

const CUT_SHORT = /partial file|ended prematurely|truncat/i
const FRAME_LOST = /error while decoding stream|decoding error|error submitting/i

/**
 * Decodes a clip, or the piece of it between `start` and `end`, with ffmpeg; a picture is a clip of one frame.
 * @throws LayergymError, naming the file: `video.not-found`, `video.empty`, `video.no-video` (audio only),
 * `video.playlist`, `video.broken`, `video.damaged`, `video.empty-piece`; `decoder.stalled`; `interrupted` on abort.
 */
export async function decodeVideo(path: string, options: DecodeOptions = {}): Promise<Video> {
  return twice(() => decodeOnce(path, options))
}

async function decodeOnce(path: string, options: DecodeOptions): Promise<Video> {
  const { size, channels = 3, frameRate, start, end, signal, damaged = 'keep' } = options
  checkOptions(options)
  const input = await openInput(path)
  const codecs = await findCodecs()
  if (signal?.aborted) throw interrupted()
  const collector = new FrameCollector(channels, frameRate, size, seekTo(options))
  const messages = new Messages(collector)
  await run(path, input, codecs, ffmpegOptions(input, options, codecs), collector, messages, signal)
  const result = collector.finish()
  if (result === undefined)
    throw inputError('video.broken', `${path}: the picture changes its size midway; give a size to scale to`)
  if (result.shape[0] === 0) {
    if (start !== undefined || end !== undefined)
      throw inputError(
        'video.empty-piece',
        `${path}: no frame lies between ${start ?? 0} and ${end ?? 'the end'} s`,
      )
    throw broken(path, messages.lines)
  }
  if (messages.damage !== undefined && damaged === 'error')
    throw inputError(
      'video.damaged',
      `${path} is damaged or cut short: ${result.shape[0]} frames, then ${messages.damage}`,
    )
  return { ...result, damage: messages.damage }
}

/** Resolves when stdout has ended *and* ffmpeg has left with code 0: one alone is no proof of a whole clip. */
function run(
  path: string,
  source: Input,
  codecs: Codecs,
  options: { input: string[]; output: string[] },
  collector: FrameCollector,
  messages: Messages,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((done, fail) => {
    let outputEnded = false
    let exited = false
    let unwanted = false
    const settle = (error?: LayergymError) => {
      if (error === undefined && !(outputEnded && exited)) return
      watchdog.stop()
      signal?.removeEventListener('abort', kill)
      if (error === undefined) done()
      else fail(error)
    }
    const kill = () => {
      unwanted = true
      command.kill('SIGKILL') // does nothing before 'start', hence `unwanted`
    }
    const watchdog = new Watchdog({
      // fluent-ffmpeg's types leave its process out.
      pid: () => (command as { ffmpegProc?: { pid?: number } }).ffmpegProc?.pid,
      onStall: kill,
    })
    // No 'close' event: fluent-ffmpeg takes it for a lost reader and kills ffmpeg 20 ms later.
    const sink = new Writable({
      autoDestroy: false,
      emitClose: false,
      write(chunk: Buffer, _encoding, next) {
        watchdog.progress()
        collector.chunk(chunk)
        next()
      },
      final(next) {
        outputEnded = true
        next()
        settle()
      },
    })
    const command = ffmpeg()
      .setFfmpegPath(codecs.ffmpeg.path)
      .input(source.url)
      .inputOptions(options.input)
      .outputOptions(options.output)
      .on('start', () => {
        if (unwanted) command.kill('SIGKILL')
      })
      .on('stderr', (line: string) => {
        watchdog.progress()
        messages.add(line)
      })
      .on('end', () => {
        exited = true
        settle()
      })
      .on('error', error => {
        if (signal?.aborted) settle(interrupted())
        else if (watchdog.hung) settle(stalled(path))
        else settle(broken(path, messages.lines.length > 0 ? messages.lines : [messageOf(error)]))
      })
    signal?.addEventListener('abort', kill, { once: true })
    command.pipe(sink)
  })
}

/** What ffmpeg says to people, apart from the frames' times. */
class Messages {
  readonly lines: string[] = []
  damage: string | undefined

  constructor(private readonly collector: FrameCollector) {}

  add(line: string): void {
    if (line === '' || this.collector.line(line)) return
    if (this.lines.length < 20) this.lines.push(line)
    // A stream that is joined midway loses frames at its start, which is not damage.
    const lost = CUT_SHORT.test(line) || (FRAME_LOST.test(line) && this.collector.count > 0)
    if (lost) this.damage ??= withoutAddress(line)
  }
}
