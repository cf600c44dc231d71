import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { interrupted } from '../../common/error.ts'
import { type Codecs, findCodecs } from '../codecs.ts'
import type { Size } from '../geometry.ts'
import { fileUrl, PROTOCOLS, STALLED } from '../media-file.ts'
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

/** Grey pictures [ROWS, COLUMNS] of one frame each; undefined of files that can't be decoded. */
export async function thumbnails(
  moments: readonly Moment[],
  signal?: AbortSignal,
): Promise<readonly (Uint8Array | undefined)[]> {
  const codecs = await findCodecs()
  const chunks = Array.from({ length: Math.ceil(moments.length / AT_ONCE) }, (_, i) =>
    moments.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
  )
  const decoded = await inParallel(chunks, chunk => decodeAll(chunk, codecs, signal), {
    limit: availableParallelism(),
    signal,
  })
  return decoded.flat()
}

/** One file that can't be decoded spoils the others: then each half is tried alone. */
async function decodeAll(
  moments: readonly Moment[],
  codecs: Codecs,
  signal?: AbortSignal,
): Promise<(Uint8Array | undefined)[]> {
  const pixels = await decode(moments, codecs, signal)
  if (pixels.length === moments.length * PIXELS)
    return moments.map((_, i) => pixels.subarray(i * PIXELS, (i + 1) * PIXELS))
  if (moments.length === 1) return [undefined]
  const half = Math.ceil(moments.length / 2)
  const first = await decodeAll(moments.slice(0, half), codecs, signal)
  return [...first, ...(await decodeAll(moments.slice(half), codecs, signal))]
}

/** How often a picture may be halved while it is decoded; JPEG's decoder alone does, in a fraction of the time. */
function halvings({ path, size }: Moment): number {
  if (size === undefined || !/\.jpe?g$/i.test(path)) return 0
  return Math.max(0, Math.min(3, Math.floor(Math.log2(Math.min(...size) / LEAST_SIDE))))
}

function decode(moments: readonly Moment[], { ffmpeg }: Codecs, signal?: AbortSignal): Promise<Uint8Array> {
  const inputs = moments.flatMap(moment => [
    ...['-threads', '1', ...PROTOCOLS],
    ...((moment.time ?? 0) > 0 ? ['-ss', Number(moment.time).toFixed(3)] : []),
    ...['-lowres', String(halvings(moment))],
    ...['-i', fileUrl(moment.path)],
  ])
  const one = `trim=end_frame=1,setpts=0,scale=${COLUMNS}:${ROWS}:flags=area,format=gray,setsar=1`
  const chains = moments.map((_, i) => `[${i}:V:0]${one}[t${i}]`)
  const joined = `${moments.map((_, i) => `[t${i}]`).join('')}concat=n=${moments.length}[out]`
  const output = ['-map', '[out]', ffmpeg.syncOption, 'passthrough', '-f', 'rawvideo', '-']
  const args = [
    '-nostdin',
    '-v',
    'error',
    ...inputs,
    '-filter_complex',
    [...chains, joined].join(';'),
    ...output,
  ]
  return new Promise((done, fail) => {
    const options = { signal, killSignal: 'SIGKILL', timeout: STALLED, encoding: 'buffer' } as const
    execFile(ffmpeg.path, args, options, (_, stdout) => {
      if (signal?.aborted) fail(interrupted())
      else done(stdout)
    })
  })
}
