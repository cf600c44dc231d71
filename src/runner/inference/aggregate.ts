import type { Rng } from '../../common/random.ts'
import { interquartileMean, mean } from '../../common/statistics.ts'
import type { Interval } from './statistics.ts'

/** Bootstrap draws: the noise of an interval's ends is then a hundredth of its width. */
const DRAWS = 2000

/**
 * 95 % interval of the interquartile mean, by the percentile bootstrap over runs (Agarwal et al. 2021, as rliable).
 * Undefined for fewer than two values.
 */
export function iqmInterval(values: readonly number[], rng: Rng): Interval | undefined {
  if (values.length < 2) return undefined
  const means = Array.from({ length: DRAWS }, () =>
    interquartileMean(values.map(() => values[rng.int(values.length)])),
  ).sort((a, b) => a - b)
  return [means[Math.floor(0.025 * DRAWS)], means[Math.ceil(0.975 * DRAWS) - 1]]
}

/** How likely a run of one side is better than one of the other, ties half (Mann and Whitney's U, as rliable). */
export function probabilityOfImprovement(of: readonly number[], from: readonly number[]): number {
  return mean(of.map(x => mean(from.map(y => (x > y ? 1 : x === y ? 0.5 : 0)))))
}

/** Mean of a curve over the steps that it spans, by trapezoids; NaN for fewer than two points. */
export function meanOverSteps(points: readonly { readonly step: number; readonly value: number }[]): number {
  if (points.length < 2) return Number.NaN
  let area = 0
  for (let i = 1; i < points.length; i++) {
    const [before, now] = [points[i - 1], points[i]]
    area += ((now.step - before.step) * (now.value + before.value)) / 2
  }
  return area / (points[points.length - 1].step - points[0].step)
}
