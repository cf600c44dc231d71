import { median } from '../../common/quantile.ts'
import { interquartileMean, mean } from '../../common/statistics.ts'
import { probabilityOfImprovement } from './aggregate.ts'

/** Normalised scores of one contender, [environments][runs]: as many runs each, or not. */
export type Scores = readonly (readonly number[])[]

/** What sums up scores over environments, as rliable's metrics of these names (Agarwal et al. 2021, section 4). */
export const AGGREGATES = {
  /** Of the middle half of all runs of all environments. */
  interquartileMean: (scores: Scores) => interquartileMean(scores.flat()),
  /** Of the environments' means. */
  mean: (scores: Scores) => mean(scores.map(mean)),
  /** Of the environments' means. */
  median: (scores: Scores) => median(scores.map(mean)),
  /** How far scores fall short of 1, what is beyond it not counted. */
  optimalityGap: (scores: Scores) => 1 - mean(scores.map(own => mean(own.map(score => Math.min(score, 1))))),
} as const

export type AggregateName = keyof typeof AGGREGATES

/** How likely a run of one side is better than one of the other in the same environment: mean over environments. */
export function meanImprovement(of: Scores, from: Scores): number {
  return mean(of.map((own, i) => probabilityOfImprovement(own, from[i])))
}

/** Share of all runs whose score is above each threshold (rliable's `run_score_distribution`). */
export function performanceProfile(scores: Scores, thresholds: readonly number[]): readonly number[] {
  const sorted = Float64Array.from(scores.flat()).sort()
  return thresholds.map(threshold => 1 - upTo(sorted, threshold) / sorted.length)
}

/** How many of ascending values are at most so much. */
function upTo(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] <= value) low = middle + 1
    else high = middle
  }
  return low
}
