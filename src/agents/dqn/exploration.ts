import type { Rng } from '../../common/random.ts'
import type { Mask, Space } from '../../envs/env.ts'
import type { Decision, Memory } from '../agent.ts'

/** Longest time that a random action is held, steps. */
const LONGEST = 10_000

/** How ε-greedy explores. */
export interface Exploration {
  /** Probability that a random action begins. */
  readonly epsilon: number
  /** μ of the zeta distribution of how long it is held; undefined: for one step. */
  readonly persistence: number | undefined
}

/**
 * A random action, where one begins or is still held; undefined where the agent is to act greedily. Held for n steps with a
 * probability in proportion to n^−μ (εz-greedy; Dabney et al. 2021): what takes many equal actions in a row is found
 * so. The memory of a decision says how long it goes on, and with which action.
 */
export function explored(
  { epsilon, persistence }: Exploration,
  space: Space<unknown>,
  given: { readonly mask: Mask | undefined; readonly memory: Memory | undefined; readonly rng: Rng },
): Decision<number> | undefined {
  const { mask, memory, rng } = given
  const [left, held] = memory ?? [0, 0]
  if (left > 0 && mask?.[held] !== 0) return { action: held, memory: Float32Array.of(left - 1, held) }
  if (!(epsilon > 0 && rng.next() < epsilon)) return undefined
  const action = space.sample(rng, mask) as number
  if (persistence === undefined) return { action }
  // The zeta distribution's tail, n^(1 − μ), turned round.
  const length = Math.min(LONGEST, Math.floor((1 - rng.next()) ** (-1 / (persistence - 1))))
  return { action, memory: Float32Array.of(length - 1, action) }
}
