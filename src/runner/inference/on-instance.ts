import { failure } from '../../common/error.ts'
import { mean, standardDeviation } from '../../common/statistics.ts'
import type { Inference } from './inference.ts'
import { detectableErrors, studentCritical } from './student.ts'

/** The test items of one seed. */
export interface SeedItems {
  /** A difference, or a figure, an item. */
  readonly values: readonly number[]
  /**
   * What each item is drawn as: itself or, where several come from one recording, that. Seeds may have other items,
   * or share some.
   */
  readonly units: readonly string[]
}

/**
 * What holds on this instance with other seeds and other test items. Seeds and items are crossed, so that the mean's
 * variance has two parts: how seeds' means differ, over their number, and what seeds that share items share
 * (σ²_A/S + σ²_E/SC and σ²_B/C of the random-effects model x = μ + A_seed + B_item + E). Each has its own degrees
 * of freedom, so that their intervals are added as squares (Graybill and Wang 1980), Student's t for each. The seeds'
 * part is never below what so many items drawn at random would give: three seeds that agree by chance prove nothing.
 * With one seed it is of the items alone, and no claim should rest on it.
 * @throws failure `statistics.shape` where there are no seeds, or one has no items
 */
export function onInstance(seeds: readonly SeedItems[]): Inference {
  if (
    seeds.length === 0 ||
    seeds.some(({ values, units }) => values.length === 0 || units.length !== values.length)
  )
    throw failure(
      'statistics.shape',
      `an interval needs a seed and, for each, an item and its unit at least; given ${JSON.stringify(seeds.map(({ values }) => values.length))} items`,
    )
  const means = seeds.map(({ values }) => mean(values))
  const centre = mean(means)
  const residuals = seeds.map((items, i) => unitResiduals(items, means[i]))
  const number = seeds.length
  const units = new Set(residuals.flatMap(each => [...each.keys()])).size
  const within = mean(residuals.map(sumOfSquares)) / number
  const between = number < 2 ? 0 : standardDeviation(means) ** 2 / number
  const shared = number < 2 ? 0 : sharedVariance(residuals)
  const degrees = { seeds: Math.max(number - 1, 1), units: Math.max(units - 1, 1) }
  const halfWidth = (alpha: number): number => {
    const ofSeeds = between === 0 ? 0 : studentCritical(alpha, degrees.seeds) ** 2 * between
    const ofItems = studentCritical(alpha, degrees.units) ** 2
    return Math.sqrt(Math.max(ofSeeds, ofItems * within) + ofItems * shared)
  }
  return {
    mean: centre,
    interval: alpha => [centre - halfWidth(alpha), centre + halfWidth(alpha)],
    p: value => levelOf(Math.abs(centre - value), halfWidth),
    detectable: alpha => {
      const seedsPart = Math.max(between, within)
      const error = Math.sqrt(seedsPart + shared)
      if (error === 0) return 0
      // Satterthwaite's, of the two parts together.
      const freedom = error ** 4 / (seedsPart ** 2 / degrees.seeds + shared ** 2 / degrees.units)
      return error * detectableErrors(halfWidth(alpha) / error, freedom)
    },
  }
}

/** How far each unit's items pull the seed's mean. */
function unitResiduals({ values, units }: SeedItems, centre: number): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  values.forEach((value, i) => {
    sums.set(units[i], (sums.get(units[i]) ?? 0) + (value - centre) / values.length)
  })
  return sums
}

/** The variance of a mean over units drawn at random; of one unit nothing is known. */
function sumOfSquares(residuals: ReadonlyMap<string, number>): number {
  const count = residuals.size
  let sum = 0
  for (const value of residuals.values()) sum += value ** 2
  return count < 2 ? 0 : (sum * count) / (count - 1)
}

/**
 * The covariance of two seeds' means that comes from the units that they share, mean over pairs; not below zero. Sums
 * over pairs of products are those of a unit's squared sum, less its squares.
 */
function sharedVariance(residuals: readonly ReadonlyMap<string, number>[]): number {
  const sums = new Map<string, number>()
  let squares = 0
  for (const each of residuals) {
    for (const [unit, value] of each) {
      sums.set(unit, (sums.get(unit) ?? 0) + value)
      squares += value ** 2
    }
  }
  let twice = -squares
  for (const sum of sums.values()) twice += sum ** 2
  const size = mean(residuals.map(each => each.size))
  const pairs = residuals.length * (residuals.length - 1)
  return Math.max(0, ((twice / pairs) * size) / Math.max(size - 1, 1))
}

/** The level at which the interval just reaches so far, p: by bisection in its logarithm. */
function levelOf(distance: number, halfWidth: (alpha: number) => number): number {
  if (distance === 0) return 1
  let [low, high] = [Math.log(1e-12), 0]
  if (halfWidth(Math.exp(low)) <= distance) return Math.exp(low)
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2
    if (halfWidth(Math.exp(middle)) > distance) low = middle
    else high = middle
  }
  return Math.exp(high)
}
