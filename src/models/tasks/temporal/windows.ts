import { median } from '../../../common/quantile.ts'
import type { Clip, Dataset } from '../../../data/dataset.ts'

/** Frames that a segment of median length gets. */
const FRAMES_A_SEGMENT = 8

/**
 * Seconds that a network looks at at once: so many that a segment of median length has eight frames. Each recording
 * counts once, be it whole or in windows.
 */
export function windowSeconds({ clips }: Dataset, frames: number): number {
  const recordings = new Map(clips.map(({ path, annotation }) => [path, annotation?.segments ?? []]))
  const lengths = [...recordings.values()].flat().map(({ start, end }) => end - start)
  return lengths.length === 0 ? frames : (median(lengths) * frames) / FRAMES_A_SEGMENT
}

/**
 * Recordings cut into windows of equal length, one after the other; the last one of a recording ends where it ends, over
 * a part of the one before it. Those of one recording stay together in a split.
 * @param seconds of each recording, by path
 */
export function inWindows(dataset: Dataset, window: number, seconds: ReadonlyMap<string, number>): Dataset {
  const clips = dataset.clips.flatMap(clip => {
    const start = clip.start ?? 0
    const end = Math.min(
      clip.end ?? Number.POSITIVE_INFINITY,
      seconds.get(clip.path) ?? Number.POSITIVE_INFINITY,
    )
    return windowsOf(clip, start, end, window)
  })
  return { ...dataset, clips, hasGroups: true }
}

function windowsOf(clip: Clip, start: number, end: number, window: number): Clip[] {
  const count = Math.max(1, Math.ceil((end - start) / window - 1e-6))
  return Array.from({ length: count }, (_, i) => {
    const from = i === count - 1 ? Math.max(start, end - window) : start + i * window
    const to = Math.min(end, from + window)
    return { ...clip, id: `${clip.path}#${from}-${to}`, start: from, end: to, group: clip.group ?? clip.path }
  })
}
