import type { Rng } from '../../common/random.ts'
import type { Mask } from '../../envs/env.ts'
import type { Decision, Memory } from '../agent.ts'
import type { Mlp } from '../mlp.ts'
import type { Batch } from '../replay/replay.ts'

/** The networks of SAC: a policy, and two critics of which the smaller counts (Fujimoto et al. 2018). */
export interface Networks {
  readonly actor: Mlp
  readonly critics: readonly [Mlp, Mlp]
  readonly targets: readonly [Mlp, Mlp]
}

/** What SAC is for one kind of action: how the networks' outputs are read, and what follows for their gradients. */
export interface Form {
  readonly actorOutputs: number
  readonly criticInputs: number
  readonly criticOutputs: number
  /** Numbers that an action is replayed as, and a mask's; 0 where there are none. */
  readonly actionSize: number
  readonly masked: number
  encode(action: unknown): number | Float32Array
  /** An action of one row of the actor's outputs; greedy without a stream. */
  choose(
    outputs: Float32Array,
    given: {
      readonly mask: Mask | undefined
      readonly memory: Memory | undefined
      readonly rng: Rng | undefined
    },
  ): Decision<unknown>
  /** V(s′) = E[min Q′(s′, a′) − α log π(a′|s′)], [rows] */
  nextValues(batch: Batch, networks: Networks, temperature: number, rng: Rng): Float32Array
  /** What critics value, [rows, criticInputs], and which of their outputs a row's action is. */
  valued(batch: Batch): { readonly inputs: Float32Array; readonly chosen: (row: number) => number }
  /** The actor's loss, mean of E[α log π − min Q], its gradient, and the policy's entropy beside what is aimed at, nats. */
  actor(batch: Batch, networks: Networks, temperature: number, rng: Rng): ActorLoss
}

export interface ActorLoss {
  readonly loss: number
  readonly gradient: Float32Array
  readonly entropy: number
  readonly target: number
}

/** The smaller of two arrays, element by element, and which it is of. */
export function smaller(
  a: Float32Array,
  b: Float32Array,
): { readonly values: Float32Array; readonly of: Uint8Array } {
  const of = Uint8Array.from(a, (x, i) => (x <= b[i] ? 0 : 1))
  return { values: a.map((x, i) => (of[i] === 0 ? x : b[i])), of }
}
