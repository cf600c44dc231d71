import type { RngState } from '../../common/random.ts'
import type { Splits } from '../../data/dataset.ts'
import type { Handle } from '../../models/executor.ts'
import type { Weights } from '../../models/initialize.ts'
import type { NormConfig, Trainee, TraineeState } from '../../models/trainee.ts'
import type { RoundResult } from '../world.ts'
import type { ActionSet, GroupSetting, RateLimits } from './actions.ts'
import type { BatchOrderState } from './batches.ts'
import type { Credit } from './credits.ts'
import type { Measurement } from './evaluation.ts'
import type { StateSpace } from './features.ts'
import type { ProbeState } from './probe.ts'
import type { RewardDefinition } from './reward.ts'
import type { Shape } from './shape.ts'
import type { StageTree } from './stages.ts'

/** What a world is made of: a network in training, clips, a budget, and what agents may do and see. */
export interface FineTuningOptions<A = number> {
  readonly trainee: Trainee
  readonly pretrained: Weights
  /** Without the test split: nothing in here can read it. */
  readonly splits: Pick<Splits, 'train' | 'probe' | 'reward'>
  readonly batchSize: number
  /** Training steps between two decisions. */
  readonly roundSteps: number
  readonly budgetSteps: number
  /** Default: what `budgetSteps` steps of full fine-tuning cost. */
  readonly budgetFlops?: number
  readonly limits: RateLimits
  readonly actions: ActionSet<A>
  readonly states: StateSpace
  readonly reward: RewardDefinition
  /**
   * What a group is paid: the round's reward (`team`, the default), or by how much its own action changed it
   * (`difference`; Wolpert & Tumer 2002): the round is played again with every action but its own, which keeps.
   */
  readonly credit?: Credit
  readonly norms: NormConfig
  /** Start from fresh weights everywhere (the baseline `fromScratch`). */
  readonly fromScratch?: boolean
  /** False: no statistics are read and none are paid for; fixed schedules need none. */
  readonly probed?: boolean
  /** Keep the given model's head instead of starting a fresh one. */
  readonly keepHead?: boolean
  /** Variables that start with other values: a head that was solved for, say. */
  readonly start?: Weights
  /** What groups start with; default: the backbone frozen, the head at its base rate. */
  readonly settings?: readonly GroupSetting[]
  /** A factor on all rates as the budget is spent; default: none. */
  readonly shape?: Shape
  /** Draw batches with all labels alike often. */
  readonly balancedBatches?: boolean
  /**
   * What full fine-tuning reached, by seed: for rewards that compare with it. Worlds that differ in nothing that it
   * depends on may share one; default: the world's own.
   */
  readonly baselines?: Map<number, Measurement>
  /** Where rounds that another episode has played already are taken from, and put. */
  readonly stages?: StageTree<Stage>
  readonly signal?: AbortSignal
  /** Called after every training step, for progress. */
  readonly onStep?: (step: number) => void
}

/** Everything that decides the rest of an episode. */
export interface WorldState {
  readonly trainee: TraineeState
  readonly order: BatchOrderState
  readonly dropout: RngState
  readonly probe: ProbeState
  readonly settings: readonly GroupSetting[]
  readonly open: readonly boolean[]
  readonly history: string
  readonly progress: Progress
}

/** A state, and the round that led to it; there's none at the start. */
export interface Stage {
  readonly state: WorldState
  readonly result?: RoundResult
}

/** A moment of a run: what it was on the reward split, and what it was then. */
export interface Moment {
  readonly measured: Measurement
  /**
   * What moments are chosen by: the mean score of this round and the one before it. On few clips a single round is often
   * the best by luck; the mean of two chooses nearly as well as knowing when to stop (docs/results/selection.md).
   */
  readonly score: number
  readonly step: number
  readonly flops: number
  readonly handle: Handle
}

/** How far a run has come. */
export interface Progress {
  readonly step: number
  readonly measured: Measurement
  /** The moment with the highest score so far, that of the lower loss where two have it; before any round, the start. */
  readonly best: Moment
  /** What full fine-tuning reaches, where the reward needs it. */
  readonly baseline?: Measurement
  /** [clips]: the undiscounted return so far with each clip of the reward split left out in turn. */
  readonly returns: Float64Array
  readonly previousLoss: number
  readonly trainLoss: number
  readonly done: boolean
  readonly diverged: boolean
}
