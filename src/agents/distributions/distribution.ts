import type { Rng } from '../../common/random.ts'
import type { Mask } from '../../envs/env.ts'
import type { Decision } from '../agent.ts'

/** π(·|s) made of rows of the policy network's outputs: how to act by it, and how to differentiate it. */
export interface Distribution {
  /** Outputs that the policy network needs. */
  readonly outputs: number
  /** Numbers that an action is kept as. */
  readonly actionSize: number
  /** What is learned beside the network (log σ); empty where nothing is. */
  readonly parameters: Float32Array
  /** ∂loss/∂parameters of the last `differentiate`. */
  readonly gradient: Float32Array
  /** For one row of [rows, outputs]: an action by its probability, or the likeliest one without a stream. */
  choose(outputs: Float32Array, row: number, mask: Mask | undefined, rng: Rng | undefined): Decision<unknown>
  /** The numbers of an action, [actionSize]. */
  encode(action: unknown): ArrayLike<number>
  /** log π(a|s) and the entropies of π(·|s), nats; valid until the next call. */
  evaluate(batch: PolicyRows): Evaluated
  /**
   * Of the rows evaluated last: Σ over them of byLogProbability[k]·log π(a|s) + byEntropy·H, differentiated by their outputs,
   * [rows, outputs], and by `parameters` (`gradient`).
   */
  differentiate(byLogProbability: Float64Array, byEntropy: number): Float32Array
}

/** States as the policy network sees them, and what was done there. */
export interface PolicyRows {
  readonly rows: number
  /** [rows, outputs] */
  readonly outputs: Float32Array
  /** [rows, actionSize] */
  readonly actions: Float32Array
  /** What was allowed, a row each; undefined where nothing was ever forbidden. */
  readonly masks: readonly (Mask | undefined)[] | undefined
}

/** log π(a|s) and entropy, nats; or a factor of each. */
export interface Evaluated {
  /** [rows] */
  readonly logProbabilities: Float64Array
  /** [rows] */
  readonly entropies: Float64Array
}
