export function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return sum / values.length
}

/** Of the sample: divisor n − 1. NaN for fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  const centre = mean(values)
  let sum = 0
  for (const value of values) sum += (value - centre) ** 2
  return values.length < 2 ? Number.NaN : Math.sqrt(sum / (values.length - 1))
}

/** Mean of the middle half: a quarter of the values, rounded down, is left out at either end (scipy's trim_mean). */
export function interquartileMean(values: readonly number[]): number {
  const cut = Math.floor(values.length / 4)
  const sorted = Float64Array.from(values).sort()
  return mean(sorted.subarray(cut, sorted.length - cut))
}
/**
 * Jackknife estimate of a standard error: √((n − 1)/n · Σ (θᵢ − θ̄)²), θᵢ the statistic without clip i (Efron &
 * Tibshirani 1993, An Introduction to the Bootstrap, eq. 11.5).
 * @param replicates θᵢ, [clips]
 * @returns in the statistic's unit; NaN for fewer than two clips
 */
export function standardError(replicates: Float64Array): number {
  const n = replicates.length
  if (n < 2) return Number.NaN
  const mean = replicates.reduce((a, b) => a + b, 0) / n
  const squares = replicates.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt(((n - 1) / n) * squares)
}
