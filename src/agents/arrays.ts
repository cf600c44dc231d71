import type { Rng } from '../common/random.ts'
import type { Mask } from '../envs/env.ts'

/**
 * What an agent offers beside `act` and `learn` to be played in a `BatchEnv`, over typed arrays and without an object a
 * step. It does there, bit by bit, what it does by `act` and `learn`, and draws as often.
 */
export interface ArrayAgent {
  /** `act`, exploring: one action for each of [rows, numbers] flat observations. */
  actRows(observations: Float32Array, rows: number, rng: Rng): ChosenRows
  /** `learn`. */
  learnRows(rollout: ArrayRollout): Readonly<Record<string, number>>
}

/** What was chosen; valid until the next call. */
export interface ChosenRows {
  /** [rows], indices of Discrete; [rows, numbers] of a Box */
  readonly actions: Float32Array
  /** log π(a|s), [rows], where the policy has one */
  readonly logProbabilities?: Float32Array
}

/** Trajectories, one after the other, as arrays. */
export interface ArrayRollout extends Steps {
  /** [rows + cut, numbers], flat: of every step, then what followed each stretch that was cut. */
  readonly observations: Float32Array
  /** [rows, numbers], as `ChosenRows` */
  readonly actions: Float32Array
  /** [rows] */
  readonly logProbabilities?: ArrayLike<number>
  /** [rows]; absent where nothing was ever forbidden */
  readonly masks?: readonly (Mask | undefined)[]
}

/** What a rollout paid. */
export interface Steps {
  readonly rows: number
  /** [rows] */
  readonly rewards: Float64Array
  /** τ, decision rounds, [rows]; absent where every action lasts one */
  readonly durations?: Float64Array
  /** Of all rows, in order. */
  readonly stretches: readonly Stretch[]
}

/** One trajectory's rows. */
export interface Stretch {
  /** Of all that the run has begun: a stretch of the same one that was cut goes before it. */
  readonly episode: number
  readonly rows: number
  /** Its episode goes on, or would have: what follows is worth something. */
  readonly cut: boolean
}
