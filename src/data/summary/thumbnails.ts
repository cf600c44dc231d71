import { availableParallelism } from 'node:os'
import { LayergymError } from '../../common/error.ts'
import { type Codecs, findCodecs } from '../codecs.ts'
import { execute } from '../execute.ts'
import type { Size } from '../geometry.ts'
import { type Input, openInput } from '../media-file.ts'
import { inParallel } from '../parallel.ts'

/** Pixels of a thumbnail; one column more than rows, for differences between neighbours. */
export const ROWS = 16
export const COLUMNS = 17
const PIXELS = ROWS * COLUMNS
/** Pixels that a side of a picture must keep, so that its thumbnail stays what it is. */
const LEAST_SIDE = 256
/** Starting ffmpeg takes longer than decoding a picture: it takes so many files at a time. */
const AT_ONCE = 40

/** A file, and the moment of it that is looked at. */
export interface Moment {
  readonly path: string
  /** Seconds from the start of the file. */
  readonly time?: number
  /** Of a picture, where it is known: large ones needn't be decoded whole. */
  readonly size?: Size
}

interface Opened {
  readonly moment: Moment
  readonly input: Input
}

/** Grey pictures [ROWS, COLUMNS] of one frame each; undefined of files that can't be decoded. */
export async function thumbnails(
  moments: readonly Moment[],
  signal?: AbortSignal,
): Promise<readonly (Uint8Array | undefined)[]> {
  const codecs = await findCodecs()
  const chunks = Array.from({ length: Math.ceil(moments.length / AT_ONCE) }, (_, i) =>
    moments.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
  )
  const decoded = await inParallel(chunks, chunk => thumbnailsOf(chunk, codecs, signal), {
    limit: availableParallelism(),
    signal,
  })
  return decoded.flat()
}

async function thumbnailsOf(
  moments: readonly Moment[],
  codecs: Codecs,
  signal?: AbortSignal,
): Promise<(Uint8Array | undefined)[]> {
  const inputs = await Promise.all(moments.map(({ path }) => openInput(path).catch(passOver)))
  const opened = moments.flatMap((moment, i) => {
    const input = inputs[i]
    return input === undefined ? [] : [{ moment, input }]
  })
  const pictures = (await decodeAll(opened, codecs, signal)).values()
  return inputs.map(input => (input === undefined ? undefined : pictures.next().value))
}

/** How often a picture may be halved while it is decoded; JPEG's decoder alone does, in a fraction of the time. */
function halvings({ path, size }: Moment): number {
  if (size === undefined || !/\.jpe?g$/i.test(path)) return 0
  return Math.max(0, Math.min(3, Math.floor(Math.log2(Math.min(...size) / LEAST_SIDE))))
}

function passOver(error: unknown): undefined {
  if (!(error instanceof LayergymError)) throw error
}

/** One file that can't be decoded spoils the others: then each half is tried alone. */
async function decodeAll(
  opened: readonly Opened[],
  codecs: Codecs,
  signal?: AbortSignal,
): Promise<(Uint8Array | undefined)[]> {
  if (opened.length === 0) return []
  const pixels = await decode(opened, codecs, signal)
  if (pixels.length === opened.length * PIXELS)
    return opened.map((_, i) => pixels.subarray(i * PIXELS, (i + 1) * PIXELS))
  if (opened.length === 1) return [undefined]
  const half = Math.ceil(opened.length / 2)
  const first = await decodeAll(opened.slice(0, half), codecs, signal)
  return [...first, ...(await decodeAll(opened.slice(half), codecs, signal))]
}

async function decode(
  opened: readonly Opened[],
  { ffmpeg }: Codecs,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const inputs = opened.flatMap(({ moment, input }) => [
    ...['-threads', '1', ...input.options],
    ...((moment.time ?? 0) > 0 ? ['-ss', Number(moment.time).toFixed(3)] : []),
    ...['-lowres', String(halvings(moment))],
    ...['-i', input.url],
  ])
  const one = `trim=end_frame=1,setpts=0,scale=${COLUMNS}:${ROWS}:flags=area,format=gray,setsar=1`
  const chains = opened.map((_, i) => `[${i}:V:0]${one}[t${i}]`)
  const joined = `${opened.map((_, i) => `[t${i}]`).join('')}concat=n=${opened.length}[out]`
  const filters = ['-filter_complex', [...chains, joined].join(';')]
  const output = ['-map', '[out]', ffmpeg.syncOption, 'passthrough', '-f', 'rawvideo', '-']
  const args = ['-nostdin', '-v', 'error', ...inputs, ...filters, ...output]
  return (await execute(opened[0].moment.path, ffmpeg.path, args, signal)).stdout
}
