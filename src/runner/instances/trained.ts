import type { Weights } from '../../models/initialize.ts'
import type { CurveRow, TestScore } from './scores.ts'

/** One training run: its best moment on the reward split, what it cost, and how that does on the test split. */
export interface ScheduleRun {
  /** At its best moment, on the reward split. */
  readonly score: number
  readonly rewardLoss: number
  readonly rewardPrimary: number
  /** Training steps done then. */
  readonly step: number
  /** Each clip's part of the score then, in the split's order. */
  readonly clipScores: readonly number[]
  readonly curve: readonly CurveRow[]
  readonly diverged: boolean
  /** Of the whole run. */
  readonly flops: number
  readonly seconds: number
  /** Absent in a search: only final runs are scored on the test split, when nothing is left to choose. */
  readonly test?: TestOutcome
}

/** A run, and the weights of its best moment. */
export interface Trained {
  readonly run: ScheduleRun
  readonly weights: Weights
}

/** The linear probe of a model on a dataset: as a run, and as a start for others. */
export interface Probe extends Trained {
  /** The solved head by variable; undefined where the network to fine-tune has a head of another kind. */
  readonly head?: Weights
  readonly l2: number
}

/** How a run does on the test split. */
export interface TestOutcome {
  /** Per clip, held below the task's worst as in rewards, so that one clip of a diverged run can't decide a mean. */
  readonly losses: readonly number[]
  /** Per clip: its part of what counts, so that their mean is that. */
  readonly points: readonly number[]
  readonly score: TestScore
}
