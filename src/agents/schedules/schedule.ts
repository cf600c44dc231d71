import { clamp, type GroupSetting, type RateLimits } from '../../envs/finetune/actions.ts'
import type { GroupStatistics } from '../../envs/finetune/features.ts'
import { type Shape, warmUpAndCosine } from '../../envs/finetune/shape.ts'

/** A point of a schedule's search, of what an agent may reach too. */
export interface Trial {
  /** Of the backbone at its fastest; 0 freezes it. */
  readonly rate: number
  /** Of the head. */
  readonly headRate: number
  /** How many budgets the run may cost. */
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

/** What a schedule must know of the run that it is for. */
export interface Terms {
  readonly groups: number
  readonly limits: RateLimits
  /** Share of the budget's steps that goes once through the training clips. */
  readonly epoch: number
  /** Blocks of each group (a block: a stretch between two cuts with a convolution wider than one pixel). */
  readonly blocks: readonly number[]
}

/** A way of fine-tuning that learns nothing from earlier runs. */
export interface Schedule {
  /** With its paper. */
  readonly description: string
  readonly fromScratch?: boolean
  /** The head starts at the linear probe's solution instead of at chance. */
  readonly fromProbe?: boolean
  /** Where it starts is where it ends: nothing is trained. */
  readonly solved?: boolean
  /** Its settings change within a run. */
  readonly changes?: boolean
  /** It reads gradients, and pays for the probe that measures them, as agents do. */
  readonly probed?: boolean
  /** How rates go over a run where it says so itself; default: warm-up and cosine. */
  shape?(terms: Terms): Shape
  /** Where its search begins; it goes on at a third and three times of both rates. */
  trial(limits: RateLimits): Trial
  /** For one run. */
  begin(trial: Trial, terms: Terms): Decide
}

export function shapeOf(schedule: Schedule, terms: Terms): Shape {
  return schedule.shape?.(terms) ?? warmUpAndCosine
}

/** Three to the power of `exponent` times both rates; undefined outside the limits, where the head's alone is held within. */
export function trialAt(schedule: Schedule, exponent: number, limits: RateLimits): Trial | undefined {
  const { rate, headRate, length } = schedule.trial(limits)
  const factor = 3 ** exponent
  const leading = (rate === 0 ? headRate : rate) * factor
  if (leading < limits.minimum || leading > limits.maximum) return undefined
  return { rate: rate * factor, headRate: clamp(headRate * factor, limits), length }
}

/** The backbone at one rate, and the head at its own. */
export function flatRates({ rate, headRate }: Trial, groups: number): readonly number[] {
  return Array.from({ length: groups }, (_, group) => (group === groups - 1 ? headRate : rate))
}
