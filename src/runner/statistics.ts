import { failure } from '../common/error.ts'
import { sortedQuantile } from '../common/quantile.ts'
import type { Rng } from '../common/random.ts'

export type Interval = readonly [low: number, high: number]

export interface BootstrapResult {
  readonly mean: number
  /** 95 %. */
  readonly interval: Interval
}

/** The standard normal's 97.5 % point. */
const Z = 1.959963984540054
const TAIL = 0.025
const RESAMPLES = 10_000

/**
 * The mean of paired differences [seeds][clips] and its 95 % interval, by a bootstrap in which clips and seeds
 * are both resampled: a claim must survive other clips and other seeds.
 *
 * The two are crossed (every seed is scored on the same clips), so a resample is the mean plus how far its clips
 * and its seeds stray from it (Owen 2007, "The pigeonhole bootstrap"; their interaction is in both parts already).
 * A plain bootstrap of n seeds is too narrow by √((n−1)/n), and by more because their spread is itself a guess: the
 * seeds' part is widened by that and by t(n−1)/z. Without it, three seeds can find a difference between equal
 * schedules in one comparison of ten; with it fewer than one in twenty (simulated with 80 and 300 clips).
 * With a single seed, seeds can't be resampled: the interval is of the clips alone, and no claim should rest on it.
 * @throws failure `statistics.shape` when there are no differences, or seeds differ in their number of clips.
 */
export function pairedBootstrap(
  differences: readonly (readonly number[])[],
  rng: Rng,
  resamples = RESAMPLES,
): BootstrapResult {
  const seeds = differences.length
  const clips = differences[0]?.length ?? 0
  if (clips === 0 || differences.some(row => row.length !== clips)) {
    throw failure(
      'statistics.shape',
      `a bootstrap needs the same clips for every seed, at least one; given ${JSON.stringify(differences.map(row => row.length))} clips`,
    )
  }
  const seedMeans = differences.map(mean)
  const centre = mean(seedMeans)
  const seedParts = seedMeans.map(value => (value - centre) * seedInflation(seeds))
  const clipParts = Array.from(
    { length: clips },
    (_, clip) => mean(differences.map(row => row[clip])) - centre,
  )
  const means = Array.from(
    { length: resamples },
    () => centre + resampledMean(seedParts, rng) + resampledMean(clipParts, rng),
  )
  means.sort((a, b) => a - b)
  return { mean: centre, interval: [sortedQuantile(means, TAIL), sortedQuantile(means, 1 - TAIL)] }
}

export function mean(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

/** Of the sample: divisor n − 1. NaN for fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  const centre = mean(values)
  let sum = 0
  for (const value of values) sum += (value - centre) ** 2
  return values.length < 2 ? Number.NaN : Math.sqrt(sum / (values.length - 1))
}

/** How much the seeds' part of a resample is widened for there being only `seeds` of them; 1 for many. */
export function seedInflation(seeds: number): number {
  return seeds < 2 ? 1 : Math.sqrt(seeds / (seeds - 1)) * (studentQuantile(seeds - 1) / Z)
}

/**
 * Student's t at 97.5 %: closed forms for 1 and 2 degrees of freedom, then the expansion in 1/ν of
 * Abramowitz and Stegun 26.7.5 (off by less than 0.2 %).
 */
function studentQuantile(degrees: number): number {
  const inside = 1 - 2 * TAIL
  if (degrees === 1) return Math.tan((Math.PI * inside) / 2)
  if (degrees === 2) return inside * Math.sqrt(2 / (1 - inside ** 2))
  const z2 = Z * Z
  const g1 = (Z * (z2 + 1)) / 4
  const g2 = (Z * (5 * z2 ** 2 + 16 * z2 + 3)) / 96
  const g3 = (Z * (3 * z2 ** 3 + 19 * z2 ** 2 + 17 * z2 - 15)) / 384
  const g4 = (Z * (79 * z2 ** 4 + 776 * z2 ** 3 + 1482 * z2 ** 2 - 1920 * z2 - 945)) / 92_160
  return Z + g1 / degrees + g2 / degrees ** 2 + g3 / degrees ** 3 + g4 / degrees ** 4
}

function resampledMean(values: readonly number[], rng: Rng): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[rng.int(values.length)]
  return sum / values.length
}

/** Mean of the middle half: a quarter of the values, rounded down, is left out at either end (scipy's trim_mean). */
export function interquartileMean(values: readonly number[]): number {
  const cut = Math.floor(values.length / 4)
  const sorted = [...values].sort((a, b) => a - b)
  return mean(sorted.slice(cut, sorted.length - cut))
}

/** 95 % interval of a mean, Student's t; undefined for fewer than two values. */
export function meanInterval(values: readonly number[]): Interval | undefined {
  if (values.length < 2) return undefined
  const half = (studentQuantile(values.length - 1) * standardDeviation(values)) / Math.sqrt(values.length)
  return [mean(values) - half, mean(values) + half]
}

/** 95 % interval of a difference of means, Welch's t; undefined where either side has fewer than two values. */
export function welchInterval(a: readonly number[], b: readonly number[]): Interval | undefined {
  if (a.length < 2 || b.length < 2) return undefined
  const [va, vb] = [a, b].map(values => standardDeviation(values) ** 2 / values.length)
  const difference = mean(a) - mean(b)
  if (va + vb === 0) return [difference, difference]
  // Rounded down: never too narrow.
  const degrees = Math.floor((va + vb) ** 2 / (va ** 2 / (a.length - 1) + vb ** 2 / (b.length - 1)))
  const half = studentQuantile(degrees) * Math.sqrt(va + vb)
  return [difference - half, difference + half]
}
