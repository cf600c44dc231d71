import { quantile } from '../../common/quantile.ts'
import { Rng } from '../../common/random.ts'

const RESAMPLES = 1000

/**
 * 95 % percentile interval of a figure over the choice of items (Efron & Tibshirani 1993, section 13.3), wide enough to
 * hold the figure itself; seeded.
 * @param resampled the figure of items that each count as often as [items] says
 */
export function bootstrapInterval(
  items: number,
  resampled: (counts: Uint16Array) => number,
): readonly [number, number] {
  if (items < 2) return [0, 1]
  const rng = Rng.of(0, 'bootstrap')
  const figures = Array.from({ length: RESAMPLES }, () => {
    const counts = new Uint16Array(items)
    for (let draw = 0; draw < items; draw++) counts[rng.int(items)]++
    return resampled(counts)
  })
  const own = resampled(new Uint16Array(items).fill(1))
  return [Math.min(own, quantile(figures, 0.025)), Math.max(own, quantile(figures, 0.975))]
}
