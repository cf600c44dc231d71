import { quantile } from '../../common/quantile.ts'
import { Rng } from '../../common/random.ts'

const RESAMPLES = 200

/**
 * 95 % percentile interval of a figure over the choice of items (Efron & Tibshirani 1993, section 13.3), wide enough to
 * hold the figure itself; seeded.
 */
export function bootstrapInterval(
  items: number,
  figure: (drawn: readonly number[]) => number,
): readonly [number, number] {
  if (items < 2) return [0, 1]
  const rng = Rng.of(0, 'bootstrap')
  const figures = Array.from({ length: RESAMPLES }, () =>
    figure(Array.from({ length: items }, () => rng.int(items))),
  )
  const own = figure(Array.from({ length: items }, (_, item) => item))
  return [Math.min(own, quantile(figures, 0.025)), Math.max(own, quantile(figures, 0.975))]
}
