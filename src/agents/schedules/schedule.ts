import { clamp, type GroupSetting, type RateLimits } from '../../envs/finetune/actions.ts'
import type { GroupStatistics } from '../../envs/finetune/features.ts'

/** A point of a schedule's search, of what an agent may reach too. A rate that is absent means the frozen state. */
export interface Trial {
  /** Of the backbone; 0 freezes it. */
  readonly rate: number
  /** Of the head. */
  readonly headRate: number
  /** How many times the budget's steps it may run; its FLOPs are those of the budget all the same. */
  readonly length: number
}

/** Where a run stands when its schedule decides. */
export interface Course {
  /** Share of the budget that is spent, the scarcer of steps and FLOPs: 0 at first. */
  readonly progress: number
  /** Of each group; the probe's figures only where the schedule is `probed`. */
  readonly statistics: readonly GroupStatistics[]
}

/** The settings of all groups from here on, the head last. */
export type Decide = (course: Course) => readonly GroupSetting[]

/** A way of fine-tuning that learns nothing from earlier runs. */
export interface Schedule {
  /** With its paper. */
  readonly description: string
  readonly fromScratch?: boolean
  /** It decides anew every round, as agents do; otherwise once. */
  readonly changes?: boolean
  /** It reads gradients, and pays for the probe that measures them, as agents do. */
  readonly probed?: boolean
  /** What its search tries, the likeliest first; `longest` is how many times the budget's steps a run may take. */
  trials(count: number, limits: RateLimits, longest: number): readonly Trial[]
  /** For one run. `epoch`: the share of the budget's steps that goes once through the training clips. */
  begin(
    trial: Trial,
    world: { readonly groups: number; readonly limits: RateLimits; readonly epoch: number },
  ): Decide
}

/** Rates of each group, the head last, 0 for a frozen one; held within the limits. */
export function settingsOf(rates: readonly number[], limits: RateLimits): readonly GroupSetting[] {
  return rates.map((rate, group) =>
    rate === 0
      ? { frozen: true, learningRate: limits.reset(rates.length - 1 - group) }
      : { frozen: false, learningRate: clamp(rate, limits) },
  )
}

/** The backbone at one rate, and the head at its own. */
export function flatRates({ rate, headRate }: Trial, groups: number): readonly number[] {
  return Array.from({ length: groups }, (_, group) => (group === groups - 1 ? headRate : rate))
}

/** Three to the power of pairs of exponents [backbone, head], times the rates that `reset` goes back to, within the limits. */
export function ladder(exponents: readonly (readonly [number, number])[], limits: RateLimits): Trial[] {
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
export const OUTWARDS = [0, 1, -1, 2, -2, -3, -4, -5, -6].map(k => [0, k] as const)

/** [backbone, head] */
export const FULL_EXPONENTS = [
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
