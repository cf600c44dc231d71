import { failure } from '../../common/error.ts'
import type { Approximator } from '../approximator.ts'
import type { ArrayRollout, Steps } from '../arrays.ts'
import type { Distribution } from '../distributions/distribution.ts'
import { advantagesOf } from '../gae.ts'

/** What one update learns from: the transitions of all trajectories, one after the other. */
export interface Rollout extends Pick<ArrayRollout, 'rows' | 'observations' | 'actions' | 'masks'> {
  /** log π(a|s) when the actions were chosen, [rows] */
  readonly logProbabilities: ArrayLike<number>
  /** V(s) before the update, [rows] */
  readonly values: ArrayLike<number>
  /** [rows] */
  readonly advantages: Float64Array
  /** λ-returns A + V, what values are fitted to, [rows] */
  readonly returns: Float64Array
}

interface Parts {
  readonly policy: Approximator
  readonly value: Approximator
  readonly distribution: Distribution
  readonly gamma: number
  readonly lambda: number
}

/**
 * What an update learns from. Values come from one pass over all observations, those included that follow
 * a cut: a trajectory that was truncated bootstraps from its final observation, one that terminated from nothing.
 * @throws failure when a reward or a value is not finite
 */
export function valued(given: ArrayRollout, parts: Parts): Rollout {
  const { rows, observations, actions, masks } = given
  const { value } = parts
  const values = value.forward(observations, observations.length / value.inputs).slice()
  const advantages = finiteAdvantages(given, values, parts)
  const returns = new Float64Array(rows)
  for (let t = 0; t < rows; t++) returns[t] = advantages[t] + values[t]
  const logProbabilities = given.logProbabilities ?? currentLogProbabilities(given, parts)
  return { rows, observations, actions, masks, values, advantages, returns, logProbabilities }
}

/** As `advantagesOf`. @throws failure when one is not finite */
export function finiteAdvantages(
  steps: Steps,
  values: ArrayLike<number>,
  discounts: Pick<Parts, 'gamma' | 'lambda'>,
): Float64Array {
  const advantages = advantagesOf(steps, values, discounts)
  if (advantages.every(Number.isFinite)) return advantages
  throw failure(
    'agent.diverged',
    'an advantage of the agent is not finite: rewards or observations are not, or its values have diverged',
  )
}

/** Of trajectories whose collector recorded none: those of the policy as it is. */
function currentLogProbabilities(
  { rows, observations, actions, masks }: ArrayRollout,
  { policy, distribution }: Parts,
): Float32Array {
  const outputs = policy.forward(observations, rows)
  return distribution.evaluate({ rows, outputs, actions, masks }).logProbabilities.slice()
}
