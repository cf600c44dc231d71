import { inputError } from '../common/error.ts'
import type { Codecs } from './codecs.ts'
import { type Input, STREAM } from './media-file.ts'

export type Fit = 'crop' | 'letterbox' | 'stretch'

export interface DecodeOptions {
  /** Pixels; omitted: as stored, turned by the file's rotation metadata. */
  readonly size?: readonly [height: number, width: number]
  /** How another aspect ratio is brought to `size`: cut off (default), black bars, or distorted. */
  readonly fit?: Fit
  /** 3 is RGB (default), 1 luma. */
  readonly channels?: 1 | 3
  /** Frames a second, each the nearest in presentation time; omitted: every frame, as `ffmpeg -f framemd5` lists them. */
  readonly frameRate?: number
  /** Seconds from the start of the file: frames with `start <= time < end`. */
  readonly start?: number
  readonly end?: number
  /** What to do with a file that loses frames midway, e.g. one cut short: keep what decodes (default) or throw. */
  readonly damaged?: 'keep' | 'error'
  /** Decoder threads; omitted: ffmpeg's choice. 1 is best where several clips decode at once. */
  readonly threads?: number
  readonly signal?: AbortSignal
}

/** Pieces that start later than this are sought, from SEEK_MARGIN seconds before them. */
const SEEK_FROM = 20
const SEEK_MARGIN = 10
/**
 * One decode, two outputs: the frames' times as `framecrc` lines on stderr (`wrapped_avframe` copies no pixels)
 * and the pixels on stdout. Both follow one rule about time, so that each frame has its line.
 */
export function ffmpegOptions(
  source: Input,
  options: DecodeOptions,
  codecs: Codecs,
): { input: string[]; output: string[] } {
  const { size, fit = 'crop', channels = 3, frameRate, start, end, threads } = options
  const seek = seekTo(options)
  // Without a rate this is framemd5's own rule, which leaves out frames whose times collide.
  const sync = [codecs.ffmpeg.syncOption, frameRate === undefined ? 'vfr' : 'passthrough']
  const clock = frameRate === undefined ? [] : ['-enc_time_base', '1:1000000']
  const from = start === undefined ? [] : [`start=${(start - seek).toFixed(6)}`]
  const to = end === undefined ? [] : [`end=${(end - seek).toFixed(6)}`]
  const piece = from.length + to.length === 0 ? [] : [`trim=${[...from, ...to].join(':')}`]
  const format = channels === 3 ? 'rgb24' : 'gray'
  const filters = [...piece, ...(size === undefined ? [] : scaling(size, fit, format))]
  const chain = (names: readonly string[]) => (names.length === 0 ? [] : ['-vf', names.join(',')])
  return {
    input: [
      ...['-nostdin', '-v', 'error', ...source.options],
      ...(threads === undefined ? [] : ['-threads', String(threads)]),
      ...(seek > 0 ? ['-ss', String(seek)] : []),
    ],
    output: [
      ...['-map', STREAM, ...chain(piece), ...sync, ...clock],
      ...['-c:v', 'wrapped_avframe', '-flush_packets', '1', '-f', 'framecrc', 'pipe:2'],
      ...['-map', STREAM, ...chain(filters), ...sync, '-pix_fmt', format, '-f', 'rawvideo'],
    ],
  }
}

/** Where reading starts, in whole seconds. */
export function seekTo({ start = 0 }: DecodeOptions): number {
  return start >= SEEK_FROM ? Math.floor(start) - SEEK_MARGIN : 0
}

export function checkOptions({ size, frameRate, start, end }: DecodeOptions): void {
  const whole = size?.every(side => Number.isInteger(side) && side > 0) ?? true
  if (!whole) throw inputError('video.size', `size is [${size}]: it must be [height, width] in whole pixels`)
  if (frameRate !== undefined && !(frameRate > 0 && frameRate <= 1000))
    throw inputError('video.frame-rate', `frameRate is ${frameRate}: it must be above 0 and at most 1000`)
  if ((start ?? 0) < 0 || (end ?? Infinity) <= (start ?? 0))
    throw inputError(
      'video.piece',
      `the piece from ${start ?? 0} to ${end} s is empty: end must be after start`,
    )
}

export function scaling([height, width]: readonly [number, number], fit: Fit, format: string): string[] {
  const scale = `scale=${width}:${height}:flags=bicubic`
  // The format comes before crop and pad, which would round positions to whole chroma samples.
  if (fit === 'stretch') return [scale]
  if (fit === 'crop')
    return [`${scale}:force_original_aspect_ratio=increase`, `format=${format}`, `crop=${width}:${height}`]
  const bars = `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:black`
  return [`${scale}:force_original_aspect_ratio=decrease`, `format=${format}`, bars]
}
