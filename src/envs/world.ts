import type { Weights } from '../models/initialize.ts'
import type { Mask, Space } from './env.ts'

/** What an action does to one group of a world, as views and agents need it. */
export interface WorldActions<A> {
  readonly space: Space<A>
  /** Logits that policies over discrete actions start from; none: uniform. */
  readonly initialLogits?: Float32Array
  /** What joint control chooses among, each with an action for every group; none: every combination. */
  combinations?(groups: number): readonly (readonly A[])[]
  /** For events and reports. */
  describe(action: A): string
}

/** Names of an observation's numbers, each in [-1, 1]: a group's own, then those of the whole world. */
export interface WorldFeatures {
  readonly group: readonly string[]
  readonly global: readonly string[]
}

/** Where a run stands on the data that agents are paid by. */
export interface WorldEvaluation {
  /** What everything is chosen by, [0, 1], higher is better. */
  readonly score: number
  /** Lower is better; in the task's unit. */
  readonly loss: number
  /** The task's own figure, [0, 1], higher is better. */
  readonly primary: number
}

/** What a round gave. */
export interface RoundResult {
  /** The round's own. */
  readonly reward: number
  /** Standard error of `reward` that comes from the choice of the items it is measured on; NaN for a single one. */
  readonly noise: number
  /** The reward with each item left out in turn, [items]; `noise` is their jackknife. */
  readonly replicates: Float64Array
  /** What each group is paid. */
  readonly rewards: readonly number[]
  /** The budget is spent or the run diverged: the observation shows both, so it's the MDP's own end. */
  readonly terminated: boolean
  readonly diverged: boolean
  /** Steps of the run so far. */
  readonly step: number
  /** FLOPs of the run so far. */
  readonly flops: number
  readonly trainLoss: number
  readonly evaluation: WorldEvaluation
}

/** The moment of a run that counts. */
export interface Best {
  readonly score: number
  readonly measured: { readonly evaluation: WorldEvaluation }
  readonly step: number
  readonly flops: number
}

/**
 * What groups are windows on: the one mutable thing, which goes on in rounds. An action changes a group's setting; a
 * round then trains with the settings of all groups and evaluates. One episode is one run within a budget. A: an action
 * of one group; S: its setting; W: a state of the whole.
 */
export interface World<A = unknown, S = unknown, W = unknown> {
  /** Of its views' environments: `id/view`. */
  readonly id: string
  readonly groups: number
  /** Of the groups, from the input to the head. */
  readonly names: readonly string[]
  readonly actions: WorldActions<A>
  readonly features: WorldFeatures
  /** Rounds of an episode in which every group acts all the time; cheaper ones may have more. */
  readonly rounds: number
  /** FLOPs that an episode may cost. */
  readonly budgetFlops: number
  /** A fresh run; all that is random in it comes from the seed. */
  reset(seed: number): Promise<void>
  /** [features] in [-1, 1] of one group. */
  observation(group: number): Float32Array
  /** Which actions a group may take now; undefined: all. */
  mask(group: number): Mask | undefined
  /** From now on these groups alone may move, whatever is chosen for the others. */
  permit(open: readonly boolean[]): void
  /** One action a group (undefined keeps its setting), then a round. */
  round(actions: readonly (A | undefined)[]): Promise<RoundResult>
  /** A round with these settings. */
  train(settings: readonly S[]): Promise<RoundResult>
  /** Ends the run where it is, as a last round of no steps. */
  stop(): RoundResult
  readonly settings: readonly S[]
  /** Settings in which every group that may move does: as now, or awake where it stood still. */
  awake(): readonly S[]
  /** Settings of these rates a group; 0 leaves one alone. */
  settingsAt(rates: readonly number[]): readonly S[]
  /** How fast each group moves now; 0 where it stands still. */
  readonly rates: readonly number[]
  /** Share of the budget that is left. */
  budgetLeft(): number
  /** FLOPs of the run so far. */
  readonly flops: number
  /** What it really cost: with what was played again to pay for it, without what another run had done already. */
  readonly spentFlops: number
  readonly evaluation: WorldEvaluation
  readonly best: Best
  /** Copies of what was trained, at its best moment. */
  bestWeights(): Weights
  readonly diverged: boolean
  /** Standard error of the undiscounted return so far. */
  readonly returnNoise: number
  /** Everything that decides the rest of the run. */
  snapshot(): W
  restore(state: W): void
}

/** Length of any group's observation. */
export function featureCount({ features }: Pick<World, 'features'>): number {
  return features.group.length + features.global.length
}
