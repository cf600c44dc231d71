import type { Rng } from '../../common/random.ts'
import { mean, standardDeviation } from '../../common/statistics.ts'
import { LEVEL } from './holm.ts'
import type { Inference } from './inference.ts'
import { signFlip } from './sign-flip.ts'
import { detectableErrors, studentCritical, studentTwoSided } from './student.ts'

/**
 * What holds on other instances than those that were tried: each counts once, by its mean difference over seeds and
 * test items, whose noise is in how instances differ already.
 *
 * A claim needs three tests to agree. Student's t is never too bold at these levels for independent normal values
 * however much their variances differ, heavy tails and a few odd instances included (Bakirov and Székely 2005;
 * Ibragimov and Müller 2010). Hall's transformation of it (1992, "On the removal of skewness by transformation")
 * holds where instances lie to one side of their mean. Sign flips ask for symmetry alone. The interval is that of the
 * first two together. What none survives is a mean that a rare part of the population makes up: no test does (Bahadur
 * and Savage 1956).
 * @param values one an instance, several
 * @param flips begins the stream of random flips, where there are too many to try all: the same at each call
 * @returns of one value its mean alone: an interval of NaN, and no claim
 */
export function acrossInstances(values: readonly number[], flips: () => Rng): Inference {
  const number = values.length
  const degrees = number - 1
  const centre = mean(values)
  const deviation = standardDeviation(values)
  const error = deviation / Math.sqrt(number)
  const skew = skewness(values)
  return {
    mean: centre,
    interval: alpha => {
      if (number < 2) return [Number.NaN, Number.NaN]
      if (error === 0) return [centre, centre]
      const critical = studentCritical(alpha, degrees) / Math.sqrt(number)
      return [
        centre - deviation * Math.max(critical, hallInverse(critical, skew, number)),
        centre - deviation * Math.min(-critical, hallInverse(-critical, skew, number)),
      ]
    },
    p: value => {
      const away = centre - value
      if (number < 2) return 1
      if (error === 0)
        return away === 0
          ? 1
          : signFlip(
              values.map(() => away),
              flips(),
            )
      const corrected = hall(away / deviation, skew, number) * Math.sqrt(number)
      const sided = corrected * away > 0 ? studentTwoSided(corrected, degrees) : 1
      const flipped = signFlip(
        values.map(each => each - value),
        flips(),
      )
      return Math.max(studentTwoSided(away / error, degrees), sided, flipped)
    },
    detectable: alpha => {
      if (number < 2) return Number.POSITIVE_INFINITY
      const critical = studentCritical(alpha, degrees)
      // What three tests cost beside one: fitted to simulations of 6 to 12 normal values, levels 0.05 to 0.05/66.
      const three = 1 + 2.2 * (critical / number) ** 2
      return error * three * detectableErrors(critical, degrees)
    },
  }
}

/**
 * Fewer instances support no claim in a family of so many comparisons: the smallest p of n sign flips is 2^(1−n),
 * and Holm's first step asks for `LEVEL` / `comparisons`.
 */
export function minimumInstances(comparisons: number): number {
  return Math.ceil(1 + Math.log2(comparisons / LEVEL))
}

/** Hall's monotone cubic of u = (mean − μ) / s, whose distribution has no skewness in the first order. */
function hall(u: number, skew: number, number: number): number {
  return u + (skew * u ** 2) / 3 + (skew ** 2 * u ** 3) / 27 + skew / (6 * number)
}

function hallInverse(value: number, skew: number, number: number): number {
  if (Math.abs(skew) < 1e-9) return value
  return (3 / skew) * (Math.cbrt(1 + skew * (value - skew / (6 * number))) - 1)
}

/** Of the population, unbiased third moment over s³; 0 of fewer than three values. */
function skewness(values: readonly number[]): number {
  const [number, centre, deviation] = [values.length, mean(values), standardDeviation(values)]
  if (number < 3 || !(deviation > 0)) return 0
  const cubes = values.reduce((sum, value) => sum + ((value - centre) / deviation) ** 3, 0)
  return (cubes * number) / ((number - 1) * (number - 2))
}
