/** Wrong claims in at most this share of families in which nothing is to be found. */
export const LEVEL = 0.05

/**
 * Holm's step-down adjusted p (Holm 1979): claims at `LEVEL` are right about the whole family in 95 % of studies,
 * whatever depends on what among its members.
 * @returns in the order given
 */
export function holm(ps: readonly number[]): readonly number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a] - ps[b])
  const adjusted = new Array<number>(ps.length)
  let least = 0
  order.forEach((i, rank) => {
    least = Math.max(least, Math.min(1, (ps.length - rank) * ps[i]))
    adjusted[i] = least
  })
  return adjusted
}
