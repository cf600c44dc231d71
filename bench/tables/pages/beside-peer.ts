import { mean, standardDeviation } from '../../../src/common/statistics.ts'
import { intervalOf } from '../../../src/runner/inference/inference.ts'
import { type Interval, meanInterval } from '../../../src/runner/inference/statistics.ts'
import { welch } from '../../../src/runner/inference/welch.ts'
import { decimal, signed } from '../../../src/runner/report/words.ts'

/** How a figure is shown. */
export interface Unit {
  readonly factor: number
  readonly digits: number
}

/** A figure by seed, in the order of seeds: ours, the peer's own, and the peer's on our batches, of the first ones or of none. */
export interface Beside {
  readonly ours: readonly number[]
  readonly theirs: readonly number[]
  readonly alike: readonly number[]
}

/** Five cells: means ± deviations over seeds; the differences by Welch's t and, on the same batches, by the paired one. */
export function compared({ ours, theirs, alike }: Beside, digits: number): readonly string[] {
  const unpaired = welch(ours, theirs)
  const pairs = alike.map((value, seed) => ours[seed] - value)
  const spread = (values: readonly number[]) =>
    `${decimal(mean(values), digits)} ± ${decimal(standardDeviation(values), digits)}`
  const difference = (value: number, interval: Interval | undefined) => {
    if (interval === undefined) throw new Error('fewer than two seeds: there is no interval')
    return `${signed(value, digits)} (${interval.map(end => signed(end, digits)).join(' to ')})`
  }
  return [
    ...[
      spread(ours),
      spread(theirs),
      difference(mean(ours) - mean(theirs), unpaired && intervalOf(unpaired)),
    ],
    ...(alike.length === 0 ? ['–', '–'] : [spread(alike), difference(mean(pairs), meanInterval(pairs))]),
  ]
}

/** In groups by key, in the order in which keys first occur. */
export function distinct<T>(values: readonly T[], key: (value: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value])
  return [...groups.values()]
}
