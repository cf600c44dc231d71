import { findCodecs } from './codecs.ts'
import { execute } from './execute.ts'
import { frameTimes } from './frame-times.ts'
import { broken, noVideo, openInput } from './media-file.ts'
import { isPictureFile } from './media-types.ts'

export interface VideoInfo {
  /** Pixels, after rotation. */
  readonly width: number
  readonly height: number
  /** Frames a second on average. */
  readonly frameRate: number
  /** Seconds, to a hundredth. */
  readonly duration: number
  readonly codec: string
}

/** Where neither container nor stream names a rate: what ffmpeg gives pictures and raw streams. */
const USUAL_RATE = 25
/** Rates that are printed rounded, and are no whole number of hundredths. */
const NTSC: Readonly<Record<string, number>> = {
  23.98: 24000 / 1001,
  29.97: 30000 / 1001,
  47.95: 48000 / 1001,
  59.94: 60000 / 1001,
  119.88: 120000 / 1001,
}

/**
 * Size, rate, duration and codec of the first video stream, from ffmpeg's listing of a file: one program reads files,
 * under one set of rules. Throws as `decodeVideo`.
 */
export async function probeVideo(
  path: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<VideoInfo> {
  const { options, url } = await openInput(path)
  const { ffmpeg } = await findCodecs()
  // Without an output ffmpeg lists the input and leaves with an error.
  const { stderr } = await execute(path, ffmpeg.path, ['-nostdin', ...options, '-i', url], signal)
  const [head, ...streams] = stderr.split(/^ {2,4}(?=Stream #\d+:\d+)/m)
  const video = streams.find(stream => VIDEO.test(stream) && !/^.*\(attached pic\)/.test(stream))
  if (video === undefined) {
    if (streams.length > 0) throw noVideo(path)
    throw broken(
      path,
      stderr.split('\n').filter(line => !BANNER.test(line)),
    )
  }
  const [, codec, width, height] = VIDEO.exec(video) ?? []
  const frameRate = rateOf(video)
  const listed = streams.length === 1 ? durationOf(head) : undefined
  const duration = listed ?? (isPictureFile(path) ? undefined : await measured(path, frameRate, signal))
  return {
    ...turned(Number(width), Number(height), turnOf(video)),
    frameRate,
    duration: duration ?? durationOf(head) ?? 1 / frameRate,
    codec,
  }
}

const VIDEO = /^Stream #\d+:\d+.*?: Video: (\w+).*?, (\d+)x(\d+)/
/** What ffmpeg says of itself. */
const BANNER = /^(ffmpeg version| {2}(built with|configuration:|lib)|At least one output)/

function rateOf(stream: string): number {
  const printed = /^.*?, ([\d.]+)(k?) fps/.exec(stream)
  if (printed === null) return USUAL_RATE
  return (NTSC[printed[1]] ?? Number(printed[1])) * (printed[2] === 'k' ? 1000 : 1) || USUAL_RATE
}

function durationOf(head: string): number | undefined {
  const [, hours, minutes, seconds] = /^ {2}Duration: (\d+):(\d+):([\d.]+)/m.exec(head) ?? []
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) || undefined
}

/** Of the pictures alone: sound may go on after them. Undefined where packets have no times. */
async function measured(path: string, frameRate: number, signal?: AbortSignal): Promise<number | undefined> {
  const times = await frameTimes(path, signal).catch((error: { code?: string }) => {
    if (error.code !== 'video.broken') throw error
    return new Float64Array(0)
  })
  return times.length === 0 ? undefined : times[times.length - 1] + 1 / frameRate
}

/** Degrees: the display matrix, or the tag that older files have. */
function turnOf(stream: string): number {
  const matrix = /^ +display ?matrix: rotation of (-?[\d.]+) degrees/im.exec(stream)
  const tag = /^ +rotate +: (-?\d+)$/m.exec(stream)
  return Number((matrix ?? tag)?.[1] ?? 0)
}

function turned(width: number, height: number, degrees: number) {
  const sideways = Math.abs(Math.round(degrees)) % 180 === 90
  return sideways ? { width: height, height: width } : { width, height }
}
