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
  /** For each row an action by its probability, or the likeliest one without a stream; valid until the next call. */
  choose(states: PolicyRows, rng: Rng | undefined): Chosen
  /** The action that these numbers, those of `row` in [rows, actionSize], are kept for. */
  decode(actions: Float32Array, row: number): unknown
  /** The numbers of an action, [actionSize]. */
  encode(action: unknown): ArrayLike<number>
  /** log π(a|s) of what was done, and the entropies of π(·|s), nats; valid until the next call. */
  evaluate(batch: ActedRows): Evaluated
  /**
   * Of the rows evaluated last: Σ over them of byLogProbability[k]·log π(a|s) + byEntropy·H, differentiated by their outputs,
   * [rows, outputs], and by `parameters` (`gradient`); valid until the next call.
   */
  differentiate(byLogProbability: ArrayLike<number>, byEntropy: number): Float32Array
}

/** States as the policy network sees them. */
export interface PolicyRows {
  readonly rows: number
  /** [rows, outputs] */
  readonly outputs: Float32Array
  /** What is allowed, a row each; undefined where nothing is forbidden. */
  readonly masks: readonly (Mask | undefined)[] | undefined
}

/** And what was done there. */
export interface ActedRows extends PolicyRows {
  /** [rows, actionSize] */
  readonly actions: Float32Array
}

/** What was chosen. */
export interface Chosen {
  /** [rows, actionSize] */
  readonly actions: Float32Array
  /** [rows] */
  readonly logProbabilities: Float32Array
}

/** log π(a|s) and entropy, nats. */
export interface Evaluated {
  /** [rows] */
  readonly logProbabilities: Float32Array
  /** [rows] */
  readonly entropies: Float32Array
}

/** A decision for each row, as agents give them. */
export function decisionsOf(
  distribution: Distribution,
  states: PolicyRows,
  rng: Rng | undefined,
): Decision<unknown>[] {
  const { actions, logProbabilities } = distribution.choose(states, rng)
  return Array.from(logProbabilities, (logProbability, row) => ({
    action: distribution.decode(actions, row),
    logProbability,
  }))
}
