import { inputError } from '../../../common/error.ts'
import { type FramesOptions, videoFrames } from '../../../data/video-frames.ts'
import type { PredictedFile } from '../../instances/apply.ts'
import type { OpenModel } from '../../instances/saved-model.ts'
import { windowsAtOnce } from '../../instances/streamed.ts'

/** What a model says of one stretch of a video. */
export interface Window {
  /** Seconds from the start of the file. */
  readonly start: number
  readonly end: number
  readonly prediction: unknown
}

/**
 * A video in windows of as many frames as the network sees, at the rate that it was trained with, from its start to its
 * end; the last one's last frame is repeated. Only a few windows are held at a time.
 */
export async function* walkedWindows(
  path: string,
  { format, predict }: Pick<OpenModel, 'format' | 'predict'>,
  signal: AbortSignal,
): AsyncGenerator<Window> {
  const { frames, size, channels } = format
  const frameRate = format.frameRate ?? 0
  if (frameRate === 0)
    throw inputError(
      'predict.draw',
      `${path} is a sequence of numbers: there is no picture to draw on (leave out --draw)`,
    )
  const options: FramesOptions = { ...format, frameRate, signal }
  const bytes = size[0] * size[1] * channels
  const most = windowsAtOnce(format)
  const pixels = new Uint8Array(most * frames * bytes)
  let held = 0
  let first = 0
  function* predicted(): Generator<Window> {
    const count = Math.ceil(held / frames)
    for (; held < count * frames; held++) pixels.copyWithin(held * bytes, (held - 1) * bytes, held * bytes)
    for (const prediction of predict(pixels.slice(0, held * bytes), count)) {
      // A frame stands for the time that is nearer to it than to others.
      const start = (first - 0.5) / frameRate
      first += frames
      yield { start, end: (first - 0.5) / frameRate, prediction }
    }
    held = 0
  }
  for await (const frame of videoFrames(path, options)) {
    pixels.set(frame, held++ * bytes)
    if (held === most * frames) yield* predicted()
  }
  if (held > 0) yield* predicted()
}

/** The windows that a file was cut into, or one over all of it; where two show a moment, the earlier one counts. */
export function* knownWindows({ pieces }: PredictedFile): Generator<Window> {
  for (const { clip, prediction } of pieces)
    yield { start: clip.start ?? 0, end: clip.end ?? Number.POSITIVE_INFINITY, prediction }
}
