import { failure } from '../../common/error.ts'
import type { Mask, Space } from '../../envs/env.ts'
import type { Trajectory, Transition } from '../agent.ts'
import type { Approximator } from '../approximator.ts'
import type { Distribution } from '../distributions/distribution.ts'
import { flattenInto } from '../flatten.ts'
import { generalizedAdvantages } from '../gae.ts'
import { transitionsOf } from '../transitions.ts'

/** What one update learns from: the transitions of all trajectories, one after the other. */
export interface Rollout {
  readonly rows: number
  /** [rows, inputs] */
  readonly observations: Float32Array
  /** [rows, actionSize] */
  readonly actions: Float32Array
  /** [rows]; undefined where nothing was ever forbidden */
  readonly masks: readonly (Mask | undefined)[] | undefined
  /** log π(a|s) when the actions were chosen, [rows] */
  readonly logProbabilities: ArrayLike<number>
  /** V(s) before the update, [rows] */
  readonly values: Float64Array
  /** [rows] */
  readonly advantages: Float64Array
  /** λ-returns A + V, what values are fitted to, [rows] */
  readonly returns: Float64Array
}

interface Parts {
  readonly space: Space<unknown>
  readonly policy: Approximator
  readonly value: Approximator
  readonly distribution: Distribution
  readonly gamma: number
  readonly lambda: number
}

/**
 * Lays trajectories out for an update. Values come from one pass over all observations, those included that follow
 * a cut: a trajectory that was truncated bootstraps from its final observation, one that terminated from nothing.
 * @throws failure when a reward or a value is not finite
 */
export function layOut(trajectories: readonly Trajectory<unknown, unknown>[], parts: Parts): Rollout {
  const { space, value, distribution } = parts
  const transitions = transitionsOf(trajectories)
  const rows = transitions.length
  const cut = trajectories.filter(isCut)
  const inputs = space.flatSize
  const all = new Float32Array((rows + cut.length) * inputs)
  const actions = new Float32Array(rows * distribution.actionSize)
  for (let t = 0; t < rows; t++) {
    const { observation, action } = transitions[t]
    flattenInto(space, observation, all, t * inputs)
    const encoded = distribution.encode(action)
    for (let i = 0; i < encoded.length; i++) actions[t * encoded.length + i] = encoded[i]
  }
  for (let i = 0; i < cut.length; i++) flattenInto(space, cut[i].finalObservation, all, (rows + i) * inputs)
  const values = new Float64Array(value.forward(all, rows + cut.length))
  const advantages = advantagesOf(trajectories, { values, cut, ...parts })
  const returns = new Float64Array(rows)
  for (let t = 0; t < rows; t++) returns[t] = advantages[t] + values[t]
  const rollout = {
    rows,
    observations: all.subarray(0, rows * inputs),
    actions,
    masks: transitions.some(isMasked) ? transitions.map(({ mask }) => mask) : undefined,
    values: values.subarray(0, rows),
    advantages,
    returns,
  }
  return { ...rollout, logProbabilities: recordedIn(transitions) ?? currentLogProbabilities(rollout, parts) }
}

function isMasked({ mask }: Transition<unknown, unknown>): boolean {
  return mask !== undefined
}

/** Undefined where one of them has none. */
function recordedIn(transitions: readonly Transition<unknown, unknown>[]): Float64Array | undefined {
  const recorded = new Float64Array(transitions.length)
  for (let t = 0; t < recorded.length; t++) {
    const { logProbability } = transitions[t]
    if (logProbability === undefined) return undefined
    recorded[t] = logProbability
  }
  return recorded
}

interface Valued {
  /** V(s) of all transitions, one after the other, then of the final observations of `cut`, in order. */
  readonly values: Float64Array
  /** Trajectories that go on after their last transition. */
  readonly cut: readonly Trajectory<unknown, unknown>[]
  readonly gamma: number
  readonly lambda: number
}

/** Of all transitions, one after the other. @throws failure when one is not finite */
export function advantagesOf(
  trajectories: readonly Trajectory<unknown, unknown>[],
  { values, cut, ...discounts }: Valued,
): Float64Array {
  const rows = values.length - cut.length
  const bootstraps = new Map(cut.map((trajectory, i) => [trajectory, values[rows + i]]))
  const advantages = new Float64Array(rows)
  let from = 0
  for (const trajectory of trajectories) {
    const { transitions } = trajectory
    const own = values.subarray(from, from + transitions.length)
    advantages.set(generalizedAdvantages(transitions, own, bootstraps.get(trajectory) ?? 0, discounts), from)
    from += transitions.length
  }
  if (advantages.every(Number.isFinite)) return advantages
  throw failure(
    'agent.diverged',
    'an advantage of the agent is not finite: rewards or observations are not, or its values have diverged',
  )
}

/** Of trajectories whose collector recorded none: those of the policy as it is. */
function currentLogProbabilities(
  { rows, observations, actions, masks }: Omit<Rollout, 'logProbabilities'>,
  { policy, distribution }: Parts,
): Float32Array {
  const outputs = policy.forward(observations, rows)
  return distribution.evaluate({ rows, outputs, actions, masks }).logProbabilities.slice()
}

function isCut({ terminated, truncated }: Trajectory<unknown, unknown>): boolean {
  return truncated && !terminated
}
