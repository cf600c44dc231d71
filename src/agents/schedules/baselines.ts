import type { GroupSetting, RateLimits } from '../../envs/finetune/actions.ts'

/** A point of a schedule's search, of what an agent may reach too. A rate that is absent means the frozen state. */
export interface Trial {
  /** Of the backbone; 0 freezes it. */
  readonly rate: number
  /** Of the head. */
  readonly headRate: number
  /** How many times the budget's steps it may run; its FLOPs are those of the budget all the same. */
  readonly length: number
}

/** A fixed way of fine-tuning: the same settings from the first step to the last. */
export interface Schedule {
  readonly description: string
  readonly fromScratch?: boolean
  /** What its search tries, the likeliest first; `longest` is how many times the budget's steps a run may take. */
  trials(count: number, limits: RateLimits, longest: number): readonly Trial[]
}

/** Settings of all groups, the head last. */
export function settingsOf(trial: Trial, groups: number, limits: RateLimits): readonly GroupSetting[] {
  return Array.from({ length: groups }, (_, group) => {
    if (group === groups - 1) return { frozen: false, learningRate: trial.headRate }
    if (trial.rate === 0) return { frozen: true, learningRate: limits.reset(groups - 1 - group) }
    return { frozen: false, learningRate: trial.rate }
  })
}

/** Three to the power of pairs of exponents [backbone, head], times the rates that `reset` goes back to, within the limits. */
function ladder(exponents: readonly (readonly [number, number])[], limits: RateLimits): Trial[] {
  const within = (rate: number) => rate >= limits.minimum && rate <= limits.maximum
  return exponents
    .map(([k, head]) => ({
      rate: limits.reset(1) * 3 ** k,
      headRate: limits.reset(0) * 3 ** head,
      length: 1,
    }))
    .filter(({ rate, headRate }) => within(rate) && within(headRate))
}

/** Rates of one schedule-wide setting, the likeliest first. */
const OUTWARDS = [0, 1, -1, 2, -2, -3, -4, -5, -6].map(k => [0, k] as const)

/** [backbone, head] */
const FULL_EXPONENTS = [
  [0, 0],
  [-1, 1],
  [0, 1],
  [-1, 0],
  [1, 0],
  [-1, 2],
  [-2, 1],
  [-2, 2],
  [1, 1],
] as const

/** What RL over layer groups has to beat, each with its own search over the learning rates that an agent may reach. */
export const BASELINES: Readonly<Record<'linearProbe' | 'fullFineTune' | 'fromScratch', Schedule>> = {
  linearProbe: {
    description: 'the head alone, as long as the FLOPs last; the backbone stays frozen',
    trials: (count, limits, longest) =>
      [...new Set([1, longest])].flatMap(length =>
        ladder(OUTWARDS, limits)
          .slice(0, count)
          .map(trial => ({ ...trial, rate: 0, length })),
      ),
  },
  fullFineTune: {
    description: 'everything; the head faster than the backbone, which has one rate',
    trials: (count, limits) => ladder(FULL_EXPONENTS, limits).slice(0, count),
  },
  fromScratch: {
    description: 'everything from fresh weights, at one rate, batch normalisation by the batch',
    fromScratch: true,
    trials: (count, limits) =>
      ladder(OUTWARDS, limits)
        .slice(0, count)
        .map(trial => ({ ...trial, rate: trial.headRate })),
  },
}
