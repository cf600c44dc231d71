import type { GroupSetting, RateLimits } from '../../envs/finetune/actions.ts'

/** A fixed way of fine-tuning: the same settings from the first step to the last. */
export interface Schedule {
  readonly description: string
  /** Settings of all groups, the head last, for the schedule's learning rate. */
  settings(groups: number, rate: number, limits: RateLimits): readonly GroupSetting[]
  /** Learning rates to try, of those that an agent may reach: `count` of them, from the middle outwards. */
  rates(base: number, count: number, limits: RateLimits): readonly number[]
  /** Multiples of the budget's steps to try; cheap schedules may run longer on the same FLOPs. */
  readonly lengths: readonly number[]
  readonly fromScratch?: boolean
}

const trained = (learningRate: number): GroupSetting => ({ frozen: false, learningRate })

/** base·3^k for the given k, nearest to the middle first, within the limits. */
function ladder(base: number, exponents: readonly number[], count: number, limits: RateLimits): number[] {
  return exponents
    .map(k => base * 3 ** k)
    .filter(rate => rate >= limits.minimum && rate <= limits.maximum)
    .slice(0, count)
}

/** What RL over layer groups has to beat, each with its own search over the learning rates that an agent may reach. */
export const BASELINES: Readonly<Record<'linearProbe' | 'fullFineTune' | 'fromScratch', Schedule>> = {
  linearProbe: {
    description: 'the head alone; the backbone stays frozen',
    settings: (groups, rate, limits) =>
      Array.from({ length: groups }, (_, i) =>
        i === groups - 1 ? trained(rate) : { frozen: true, learningRate: limits.reset(groups - 1 - i) },
      ),
    rates: (base, count, limits) => ladder(base, [0, 1, -1, 2, -2, -3, -4, -5, -6], count, limits),
    lengths: [1, 4],
  },
  fullFineTune: {
    description: 'everything, the head at the base rate, the backbone at one lower rate',
    settings: (groups, rate, limits) =>
      Array.from({ length: groups }, (_, i) => trained(i === groups - 1 ? limits.reset(0) : rate)),
    rates: (base, count, limits) => ladder(base, [-2, -1, -3, 0, -4, -5, 1, -6, 2], count, limits),
    lengths: [1],
  },
  fromScratch: {
    description: 'everything from fresh weights, at one rate, batch normalisation by the batch',
    settings: (groups, rate) => Array.from({ length: groups }, () => trained(rate)),
    rates: (base, count, limits) => ladder(base, [0, 1, -1, 2, -2, -3, -4, -5, -6], count, limits),
    lengths: [1],
    fromScratch: true,
  },
}
