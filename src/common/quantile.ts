export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** `q` in [0, 1]; linear between order statistics, as numpy's default (Hyndman and Fan 1996, type 7). NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  return sortedQuantile(
    [...values].sort((a, b) => a - b),
    q,
  )
}

/** The same, of values in ascending order. */
export function sortedQuantile(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1)
  const below = Math.floor(at)
  if (at === below) return sorted[below] ?? Number.NaN
  return sorted[below] + (sorted[below + 1] - sorted[below]) * (at - below)
}
