import { mean } from '../../../common/statistics.ts'
import type { Outcome } from './outcome.ts'

/** Episodes of a moving mean. */
const WINDOW = 20

/** A run's mean of the last training episodes at each step of the grid; NaN before the first one ended. */
export function smoothed({ curve }: Pick<Outcome, 'curve'>, grid: readonly number[]): readonly number[] {
  const episodes = curve.flatMap(({ returns, ends }) => returns.map((value, i) => ({ value, end: ends[i] })))
  let next = 0
  return grid.map(step => {
    while (next < episodes.length && episodes[next].end <= step) next++
    return next === 0
      ? Number.NaN
      : mean(episodes.slice(Math.max(0, next - WINDOW), next).map(({ value }) => value))
  })
}
