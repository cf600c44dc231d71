import { execFile } from 'node:child_process'
import { z } from 'zod'
import { interrupted } from '../common/error.ts'
import { findCodecs } from './codecs.ts'
import { broken, checkFile, fileUrl, noVideo, PROTOCOLS, STALLED, STREAM } from './media-file.ts'

export interface VideoInfo {
  /** Pixels, after rotation. */
  readonly width: number
  readonly height: number
  /** Frames a second on average. */
  readonly frameRate: number
  /** Seconds. */
  readonly duration: number
  /** As the container says, where it does. */
  readonly frames?: number
  readonly codec: string
}

/** Size, rate, duration and codec of the first video stream. Throws as `decodeVideo`. */
export async function probeVideo(
  path: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<VideoInfo> {
  await checkFile(path)
  const { ffmpeg, ffprobe } = await findCodecs()
  const args = [
    '-v',
    'error',
    ...PROTOCOLS,
    '-select_streams',
    STREAM.slice(2),
    '-show_streams',
    '-show_format',
  ]
  const probe = await execute(ffprobe.path, [...args, '-of', 'json', fileUrl(path)], signal)
  if (probe.code === 0) return fromJson(path, probe.stdout)
  // The bundled static ffprobe crashes on MPEG-TS with a service name; ffmpeg's listing says nearly as much.
  if (probe.crashed)
    return fromListing(path, await execute(ffmpeg.path, [...PROTOCOLS, '-i', fileUrl(path)], signal))
  throw broken(path, probe.stderr.split('\n'))
}

interface Execution {
  readonly code: number
  /** Ended by a signal of the system's. */
  readonly crashed: boolean
  readonly stdout: string
  readonly stderr: string
}

/** Not through fluent-ffmpeg, whose ffprobe cannot be stopped. */
export async function execute(program: string, args: string[], signal?: AbortSignal): Promise<Execution> {
  return new Promise((done, fail) => {
    const options = { signal, killSignal: 'SIGKILL', timeout: STALLED, maxBuffer: 2 ** 29 } as const
    execFile(program, args, options, (error, stdout, stderr) => {
      if (signal?.aborted) return fail(interrupted())
      const code = error === null ? 0 : Number(error.code ?? 1)
      done({ code, crashed: typeof error?.signal === 'string', stdout, stderr })
    })
  })
}

function fromJson(path: string, json: string): VideoInfo {
  const { streams, format } = PROBE.parse(JSON.parse(json))
  const stream = streams.at(0)
  if (stream === undefined) throw noVideo(path)
  const frames = Number(stream.nb_frames) || undefined
  const frameRate = ratio(stream.avg_frame_rate) || ratio(stream.r_frame_rate) || 25
  const turn =
    stream.side_data_list?.find(data => data.rotation !== undefined)?.rotation ?? stream.tags?.rotate
  return {
    ...turned(stream.width, stream.height, turn),
    frameRate,
    duration: Number(stream.duration) || Number(format.duration) || (frames ?? 1) / frameRate,
    frames,
    codec: stream.codec_name,
  }
}

function fromListing(path: string, { stderr }: Execution): VideoInfo {
  const video = /Stream #\d+:\d+.*?: Video: (\w+).*?, (\d+)x(\d+)/.exec(stderr)
  if (video === null) {
    if (/Stream #\d+:\d+.*?: Audio: /.test(stderr)) throw noVideo(path)
    throw broken(path, stderr.split('\n').slice(-2))
  }
  const frameRate = Number(/, ([\d.]+) fps/.exec(stderr)?.[1]) || 25
  const [, hours, minutes, seconds] = /Duration: (\d+):(\d+):([\d.]+)/.exec(stderr) ?? []
  const duration = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  const turn = /rotation of (-?[\d.]+) degrees/.exec(stderr)?.[1]
  return {
    ...turned(Number(video[2]), Number(video[3]), turn),
    frameRate,
    duration: duration || 1 / frameRate,
    codec: video[1],
  }
}

function turned(width: number, height: number, degrees: number | string | undefined) {
  const sideways = Math.abs(Math.round(Number(degrees ?? 0))) % 180 === 90
  return sideways ? { width: height, height: width } : { width, height }
}

const PROBE = z.object({
  streams: z
    .array(
      z.object({
        codec_name: z.string().default('unknown'),
        width: z.number(),
        height: z.number(),
        nb_frames: z.string().optional(),
        avg_frame_rate: z.string().optional(),
        r_frame_rate: z.string().optional(),
        duration: z.string().optional(),
        tags: z.object({ rotate: z.string().optional() }).optional(),
        side_data_list: z.array(z.object({ rotation: z.number().optional() })).optional(),
      }),
    )
    .default([]),
  format: z.object({ duration: z.string().optional() }).default({}),
})

function ratio(text = ''): number {
  const [numerator, denominator = '1'] = text.split('/')
  return Number(denominator) > 0 ? Number(numerator) / Number(denominator) : 0
}
