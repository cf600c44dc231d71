import { mean, standardDeviation } from '../../common/statistics.ts'
import type { Inference } from './inference.ts'
import { detectableErrors, studentCritical, studentTwoSided } from './student.ts'

/** The difference of two means, a − b, of runs that aren't paired: Welch's t. Undefined where a side has fewer than two. */
export function welch(a: readonly number[], b: readonly number[]): Inference | undefined {
  if (a.length < 2 || b.length < 2) return undefined
  const [va, vb] = [a, b].map(values => standardDeviation(values) ** 2 / values.length)
  const difference = mean(a) - mean(b)
  const error = Math.sqrt(va + vb)
  // Rounded down: never too narrow.
  const degrees =
    error === 0 ? 1 : Math.floor((va + vb) ** 2 / (va ** 2 / (a.length - 1) + vb ** 2 / (b.length - 1)))
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
