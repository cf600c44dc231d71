/** Spearman's rank correlation, ties at their mean rank; NaN where either side is constant. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  return correlation(ranks(a), ranks(b))
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length
}

/** Index of the largest, the mean over those that share it being the caller's business: see `expectedAtBest`. */
function bestOf(values: readonly number[]): number[] {
  const most = Math.max(...values)
  return values.flatMap((value, i) => (value === most ? [i] : []))
}

/** What `scores` are, in the mean, where `quantity` is largest: ties are broken at random. */
export function expectedAtBest(quantity: readonly number[], scores: readonly number[]): number {
  return mean(bestOf(quantity).map(i => scores[i]))
}

function ranks(values: readonly number[]): number[] {
  return values.map(value => {
    const below = values.filter(other => other < value).length
    const equal = values.filter(other => other === value).length
    return below + (equal - 1) / 2
  })
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)]
  const product = (x: readonly number[], mx: number, y: readonly number[], my: number) =>
    x.reduce((sum, _, i) => sum + (x[i] - mx) * (y[i] - my), 0)
  return product(a, meanA, b, meanB) / Math.sqrt(product(a, meanA, a, meanA) * product(b, meanB, b, meanB))
}

export const two = (x: number) => x.toFixed(2)
export const one = (x: number) => x.toFixed(1)
