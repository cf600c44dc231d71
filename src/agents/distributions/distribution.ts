import type { Rng } from '../../common/random.ts'
import type { Mask } from '../../envs/env.ts'
import type { Decision } from '../agent.ts'

/** π(·|s) made of one row of the policy network's outputs: how to act by it, and how to differentiate it. */
export interface Distribution {
  /** Outputs that the policy network needs. */
  readonly outputs: number
  /** Numbers that an action is kept as. */
  readonly actionSize: number
  /** What is learned beside the network (log σ); empty where nothing is. */
  readonly parameters: Float32Array
  /** ∂loss/∂parameters, added up by `addGradient`. */
  readonly gradient: Float32Array
  /** An action by its probability, or the likeliest one without a stream. */
  choose(outputs: Float32Array, mask: Mask | undefined, rng: Rng | undefined): Decision<unknown>
  /** The numbers of an action, [actionSize]. */
  encode(action: unknown): ArrayLike<number>
  /** log π(a|s) and the entropy of π(·|s), nats, of one row [outputs]. */
  evaluate(outputs: Float32Array, action: Float32Array, mask: Mask | undefined): Evaluated
  /**
   * Of the row evaluated last: writes logProbability·∂log π(a|s) + entropy·∂H by the outputs into `out` [outputs],
   * and adds the same by `parameters` to `gradient`.
   */
  addGradient(factors: Evaluated, out: Float32Array): void
}

/** log π(a|s) and entropy, nats; or a factor of each. */
export interface Evaluated {
  readonly logProbability: number
  readonly entropy: number
}
