import { concatenatedBytes } from '../../common/arrays.ts'
import type { Clip } from '../../data/dataset.ts'
import type { ClipFormat } from '../../data/open-source.ts'
import { videoFrames } from '../../data/video-frames.ts'
import type { OpenModel } from './saved-model.ts'

/** Of pixels that go through the network at once. Bytes. */
const BATCH_BYTES = 16 * 2 ** 20
const MOST_WINDOWS = 16

/** Windows that go through the network at once. */
export function windowsAtOnce({ frames, size, channels }: ClipFormat): number {
  const bytes = frames * size[0] * size[1] * channels
  return Math.max(1, Math.min(MOST_WINDOWS, Math.floor(BATCH_BYTES / bytes)))
}

interface StreamOptions {
  /** Frames a second that the video is decoded at: what windows take theirs from. */
  readonly frameRate: number
  readonly signal: AbortSignal
  /** Called with how many pieces are done. */
  readonly onProgress: (done: number) => void
}

/**
 * What a model says of each piece of a video, in their order, decoded once from its start to its end: a few pieces are held
 * at a time. A piece is cut into as many equal stretches as the network sees frames, and each gives the frame on screen
 * at its middle, as the cache of clips gives it to within a frame.
 * @param pieces of one file, with start and end in seconds, ascending
 */
export async function streamedPredictions(
  path: string,
  pieces: readonly Clip[],
  { format, predict }: Pick<OpenModel, 'format' | 'predict'>,
  { frameRate, signal, onProgress }: StreamOptions,
): Promise<readonly unknown[]> {
  const { frames, size, channels } = format
  const bytes = size[0] * size[1] * channels
  const wanted = framesOf(pieces, frames, frameRate)
  const most = windowsAtOnce(format)
  const predictions: unknown[] = []
  const open = new Map<number, { readonly pixels: Uint8Array; left: number }>()
  let ready: Uint8Array[] = []
  const flush = () => {
    if (ready.length === 0) return
    predictions.push(...predict(concatenatedBytes(ready), ready.length))
    ready = []
    onProgress(predictions.length)
  }
  const place = ({ piece, slot }: WantedFrame, frame: Uint8Array) => {
    const window = open.get(piece) ?? { pixels: new Uint8Array(frames * bytes), left: frames }
    open.set(piece, window)
    window.pixels.set(frame, slot * bytes)
    if (--window.left > 0) return
    open.delete(piece)
    ready.push(window.pixels)
    if (ready.length === most) flush()
  }
  let [next, shown] = [0, 0]
  let last: Uint8Array = new Uint8Array(bytes)
  for await (const frame of videoFrames(path, { ...format, frameRate, signal })) {
    last = frame
    for (; next < wanted.length && wanted[next].frame <= shown; next++) place(wanted[next], frame)
    shown++
    if (next === wanted.length) break
  }
  // A file may end earlier than it says: its last frame stays.
  for (; next < wanted.length; next++) place(wanted[next], last)
  flush()
  return predictions
}

interface WantedFrame {
  /** Index in the stream. */
  readonly frame: number
  readonly piece: number
  /** Of the piece's frames. */
  readonly slot: number
}

/** In the order of the stream. */
function framesOf(pieces: readonly Clip[], frames: number, frameRate: number): readonly WantedFrame[] {
  const wanted = pieces.flatMap(({ start = 0, end = start }, piece) =>
    Array.from({ length: frames }, (_, slot) => {
      const moment = start + ((slot + 0.5) / frames) * (end - start)
      return { frame: Math.floor(moment * frameRate + 1e-6), piece, slot }
    }),
  )
  return wanted.sort((a, b) => a.frame - b.frame || a.piece - b.piece || a.slot - b.slot)
}
