import { sizeOf } from '../common/arrays.ts'
import { median } from '../common/quantile.ts'
import { Rng } from '../common/random.ts'
import type { ClipCache } from './clip-cache.ts'
import type { ClipValues } from './clip-values.ts'
import type { Clip, Item } from './dataset.ts'
import type { Glimpse } from './lookalikes.ts'
import { randomSegmentIndices, uniformIndices } from './sampling.ts'
import { Truths } from './truth.ts'
import { probeVideo } from './video.ts'

/** The middle of each segment of time, or a random moment of it. */
export type FrameSampling = 'uniform' | Rng

const GLIMPSES = 3

/** What a step sees: pixels uint8 [B, T, H, W, C] or sequences float32 [B, T, F], and what is true of them. */
export interface Seen<V extends ClipValues = ClipValues> {
  readonly pixels: V
  readonly items: readonly Item[]
}

/** Batches of pixels for the trainer, out of a prepared cache; the clips must be prepared in it. */
export interface ClipSource {
  readonly kind: 'pixels'
  /** [T, H, W, C] of every clip in a batch. */
  readonly shape: readonly [frames: number, height: number, width: number, channels: number]
  /** uint8 [B, T, H, W, C]. */
  batch(clips: readonly Clip[], sampling: FrameSampling): Uint8Array
  /** The clips with what is true of the frames that `batch(clips, 'uniform')` shows; those without annotation as they are. */
  items(clips: readonly Clip[]): readonly Item[]
  /** The middles of a clip's three thirds: to tell clips apart, and for no network. */
  glimpse(clip: Clip): Glimpse
  /** Pixels and items of the same frames. */
  see(clips: readonly Clip[], sampling: FrameSampling): Seen<Uint8Array>
}

export function openClipSource({ cache, frames }: { cache: ClipCache; frames: number }): ClipSource {
  const shape = [frames, ...cache.frameShape] as const
  const size = sizeOf(shape)
  const truths = new Truths(cache.frames)
  const choose = (clip: Clip, sampling: FrameSampling) => {
    const times = cache.times(clip)
    return sampling instanceof Rng
      ? randomSegmentIndices(times, frames, sampling)
      : uniformIndices(times, frames)
  }
  const item = (clip: Clip, indices: readonly number[]): Item => {
    if (clip.annotation === undefined) return clip
    const times = cache.times(clip)
    const shown = indices.map(index => times[index])
    return { ...clip, truth: truths.of(clip.annotation, shown) }
  }
  const read = (clips: readonly Clip[], chosen: readonly (readonly number[])[]) => {
    const pixels = new Uint8Array(clips.length * size)
    for (const [i, clip] of clips.entries()) cache.read(clip, chosen[i], pixels, i * size)
    return pixels
  }
  const chosenFor = (clips: readonly Clip[], sampling: FrameSampling) =>
    clips.map(clip => choose(clip, sampling))
  return {
    kind: 'pixels',
    shape,
    batch: (clips, sampling) => read(clips, chosenFor(clips, sampling)),
    items: clips => clips.map(clip => item(clip, choose(clip, 'uniform'))),
    glimpse(clip) {
      const indices = uniformIndices(cache.times(clip), GLIMPSES)
      const pixels = new Uint8Array((GLIMPSES * size) / frames)
      cache.read(clip, indices, pixels, 0)
      const one = size / frames
      return {
        frames: indices.map((_, i) => pixels.subarray(i * one, (i + 1) * one)),
        shape: cache.frameShape,
      }
    },
    see(clips, sampling) {
      const chosen = chosenFor(clips, sampling)
      return { pixels: read(clips, chosen), items: clips.map((clip, i) => item(clip, chosen[i])) }
    },
  }
}

/** What `chooseFrameRate` needs of a clip: seconds, and frames a second. */
export interface ClipTiming {
  readonly duration: number
  readonly frameRate: number
}

/**
 * The common rate of a dataset, frames a second: four times as many frames as a step looks at in a clip of median
 * length, so that random segments differ; at least 1, at most the median rate of the clips themselves.
 */
export function chooseFrameRate(timings: readonly ClipTiming[], frames: number): number {
  if (timings.length === 0) throw new RangeError('no clip to choose a frame rate from')
  const wanted = (4 * frames) / median(timings.map(timing => timing.duration))
  return Math.min(Math.max(wanted, 1), median(timings.map(timing => timing.frameRate)))
}

/**
 * Durations and rates of up to `limit` clips spread over the list; a piece counts with its own length. Clips that
 * cannot be read are passed over: `ClipCache.prepare` reports those.
 * @throws the first clip's error when none can be read.
 */
export async function surveyClips(
  clips: readonly Clip[],
  { limit = 32, signal }: { limit?: number; signal?: AbortSignal } = {},
): Promise<ClipTiming[]> {
  const stride = Math.max(1, clips.length / limit)
  const chosen = Array.from(
    { length: Math.min(limit, clips.length) },
    (_, i) => clips[Math.floor(i * stride)],
  )
  const timings: ClipTiming[] = []
  let firstError: unknown
  for (const { path, start = 0, end } of chosen) {
    try {
      const { duration, frameRate } = await probeVideo(path, { signal })
      timings.push({
        duration: Math.max(Math.min(end ?? duration, duration) - start, 1 / frameRate),
        frameRate,
      })
    } catch (error) {
      if (signal?.aborted) throw error
      firstError ??= error
    }
  }
  if (timings.length === 0 && firstError !== undefined) throw firstError
  return timings
}
