import { mean, standardDeviation } from '../../common/statistics.ts'
import type { Inference } from './inference.ts'
import { detectableErrors, studentCritical, studentTwoSided } from './student.ts'

/** Runs of two sides in one environment: how many there are may differ. */
export type Sides = readonly [a: readonly number[], b: readonly number[]]

/** The difference of two means, a − b, of runs that aren't paired: Welch's t. Undefined where a side has fewer than two. */
export function welch(a: readonly number[], b: readonly number[]): Inference | undefined {
  return stratifiedWelch([[a, b]])
}

/**
 * The mean over strata of such differences: their variances add up, with Satterthwaite's degrees of freedom over all
 * sides. It holds for these strata, not for others. Undefined where a side has fewer than two.
 */
export function stratifiedWelch(strata: readonly Sides[]): Inference | undefined {
  const sides = strata.flat()
  if (sides.length === 0 || sides.some(({ length }) => length < 2)) return undefined
  const variances = sides.map(values => (standardDeviation(values) / strata.length) ** 2 / values.length)
  const difference = mean(strata.map(([a, b]) => mean(a) - mean(b)))
  const variance = sum(variances)
  const error = Math.sqrt(variance)
  // Rounded down: never too narrow.
  const degrees =
    error === 0
      ? 1
      : Math.floor(variance ** 2 / sum(variances.map((own, i) => own ** 2 / (sides[i].length - 1))))
  return {
    mean: difference,
    interval: alpha => {
      const half = studentCritical(alpha, degrees) * error
      return [difference - half, difference + half]
    },
    p: value => (difference === value ? 1 : studentTwoSided((difference - value) / error, degrees)),
    detectable: alpha => error * detectableErrors(studentCritical(alpha, degrees), degrees),
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
