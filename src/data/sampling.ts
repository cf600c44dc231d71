import type { Rng } from '../common/random.ts'

/**
 * `count` frames spread evenly over a clip: the clip's time is cut into `count` equal segments, and each gives the
 * frame on screen at its middle. A clip of fewer frames repeats some.
 * @param times presentation times in seconds, ascending, at least one.
 * @returns ascending indices into `times`.
 */
export function uniformIndices(times: ArrayLike<number>, count: number): number[] {
  return segmentIndices(times, count, () => 0.5)
}

/**
 * As `uniformIndices`, at a uniformly random moment of each segment: the sampling of Temporal Segment Networks
 * (Wang et al. 2016, section 3.1), by presentation time.
 */
export function randomSegmentIndices(times: ArrayLike<number>, count: number, rng: Rng): number[] {
  return segmentIndices(times, count, () => rng.next())
}

function segmentIndices(times: ArrayLike<number>, count: number, position: () => number): number[] {
  if (times.length === 0) throw new RangeError('a clip without frames cannot be sampled')
  const first = times[0]
  const last = times[times.length - 1]
  // The last frame stays on screen as long as the others do on average.
  const duration = times.length > 1 ? ((last - first) * times.length) / (times.length - 1) : 1
  // Times are rounded: a moment that falls on a frame's start belongs to that frame.
  const tolerance = (duration / times.length) * 1e-6
  const indices: number[] = []
  let index = 0
  for (let segment = 0; segment < count; segment++) {
    const moment = first + ((segment + position()) / count) * duration + tolerance
    while (index + 1 < times.length && times[index + 1] <= moment) index++
    indices.push(index)
  }
  return indices
}
