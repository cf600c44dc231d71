import { spawn } from 'node:child_process'
import { interrupted } from '../common/error.ts'
import { findCodecs } from './codecs.ts'
import { type DecodeOptions, scaling } from './decode-options.ts'
import { broken, type Input, openInput, STREAM } from './media-file.ts'
import { stalled, Watchdog } from './watchdog.ts'

export interface FramesOptions extends Required<Pick<DecodeOptions, 'size' | 'fit' | 'channels'>> {
  /** Frames a second: the k-th is the one on screen at k / frameRate seconds, nearly. */
  readonly frameRate: number
  readonly signal?: AbortSignal
}

/**
 * A video's frames at a constant rate, one after the other, uint8 [height, width, channels] each. The decoder waits for
 * whoever takes them, so that a video of any length needs the memory of a few frames. Throws as `decodeVideo`.
 */
export async function* videoFrames(path: string, options: FramesOptions): AsyncGenerator<Uint8Array> {
  const { size, channels, signal } = options
  const decoder = await startDecoder(await openInput(path), options)
  const bytes = size[0] * size[1] * channels
  let frame = new Uint8Array(bytes)
  let filled = 0
  let count = 0
  try {
    for await (const chunk of decoder.chunks()) {
      for (let from = 0; from < chunk.length; ) {
        const part = chunk.subarray(from, from + bytes - filled)
        frame.set(part, filled)
        from += part.length
        filled += part.length
        if (filled < bytes) continue
        count++
        yield frame
        frame = new Uint8Array(bytes)
        filled = 0
      }
    }
    const { code, lines, hung } = await decoder.ended
    if (signal?.aborted) throw interrupted()
    if (hung) throw stalled(path)
    if (code !== 0 || count === 0) throw broken(path, lines)
  } finally {
    decoder.stop()
  }
}

interface Ending {
  readonly code: number
  readonly lines: readonly string[]
  readonly hung: boolean
}

interface Decoder {
  chunks(): AsyncGenerator<Buffer>
  /** Exit code, and ffmpeg's messages. */
  readonly ended: Promise<Ending>
  stop(): void
}

async function startDecoder(input: Input, options: FramesOptions): Promise<Decoder> {
  const { signal } = options
  const { ffmpeg } = await findCodecs()
  if (signal?.aborted) throw interrupted()
  const child = spawn(ffmpeg.path, argumentsOf(input, options), { stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = () => void child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, { once: true })
  let said = ''
  child.stderr.on('data', text => {
    if (said.length < MESSAGES) said += text
  })
  const watchdog = new Watchdog({ pid: () => child.pid, onStall: kill })
  const ended = new Promise<Ending>(resolve => {
    child.on('error', error => resolve({ code: 1, lines: [error.message], hung: watchdog.hung }))
    child.on('close', code => resolve({ code: code ?? 1, lines: said.split('\n'), hung: watchdog.hung }))
  })
  return {
    ended,
    async *chunks() {
      for await (const chunk of child.stdout) {
        watchdog.pause(true)
        yield chunk
        watchdog.pause(false)
      }
    },
    stop() {
      watchdog.stop()
      signal?.removeEventListener('abort', kill)
      kill()
    },
  }
}

/** Of ffmpeg's that are kept. Characters. */
const MESSAGES = 10_000

function argumentsOf(input: Input, { size, fit, channels, frameRate }: FramesOptions): readonly string[] {
  const format = channels === 3 ? 'rgb24' : 'gray'
  const filters = [`fps=${frameRate}:start_time=0`, ...scaling(size, fit, format)]
  return [
    ...['-nostdin', '-v', 'error', ...input.options, '-i', input.url, '-map', STREAM],
    ...['-vf', filters.join(','), '-pix_fmt', format, '-f', 'rawvideo', 'pipe:1'],
  ]
}
