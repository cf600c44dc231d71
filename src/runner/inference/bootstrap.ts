import { sortedQuantile } from '../../common/quantile.ts'
import type { Rng } from '../../common/random.ts'
import { LEVEL } from './holm.ts'
import type { Interval } from './statistics.ts'

/** The noise of an interval's ends is then a hundredth of its width. */
const DRAWS = 2000

/**
 * 95 % intervals of statistics by the percentile bootstrap, each stratum resampled by itself (Agarwal et al. 2021, as
 * rliable: a stratum is an environment, its members are runs).
 * @param statistic of strata as given, or drawn with replacement; one number or several, as many each time
 * @returns one a number; undefined where a stratum has fewer than two members
 */
export function stratifiedIntervals<T>(
  strata: readonly (readonly T[])[],
  statistic: (strata: readonly (readonly T[])[]) => readonly number[],
  rng: Rng,
  draws = DRAWS,
): readonly Interval[] | undefined {
  if (strata.length === 0 || strata.some(({ length }) => length < 2)) return undefined
  const drawn = Array.from({ length: draws }, () =>
    statistic(strata.map(own => own.map(() => own[rng.int(own.length)]))),
  )
  return drawn[0].map((_, i) => {
    const sorted = Float64Array.from(drawn, values => values[i]).sort()
    return [sortedQuantile(sorted, LEVEL / 2), sortedQuantile(sorted, 1 - LEVEL / 2)]
  })
}
