import { LEVEL } from './holm.ts'
import type { Interval } from './statistics.ts'

/** What the numbers say about a mean. */
export interface Inference {
  readonly mean: number
  /** Two-sided; misses the true mean with probability `alpha`. */
  readonly interval: (alpha: number) => Interval
  /** Two-sided, of the true mean being `value`. */
  readonly p: (value: number) => number
  /** The least true mean that such numbers tell from zero in four of five cases, where a claim's level is `alpha`. */
  readonly detectable: (alpha: number) => number
}

/** 95 %, not corrected for other comparisons. */
export function intervalOf({ interval }: Inference): Interval {
  return interval(LEVEL)
}

/**
 * Two-sided p for a claim that the mean lies above `bound`; 1 where it doesn't. At `LEVEL` the claim is wrong in at
 * most half of that (2.5 %), as one that an interval's lower end makes.
 */
export function pAbove(inference: Inference, bound: number): number {
  return inference.mean > bound ? inference.p(bound) : 1
}
export const MINIMUM_CLIPS = 30

/** A seed alone moves accuracy by points, and so does a handful of clips: below these nothing is claimed. */
export const MINIMUM_SEEDS = 3
