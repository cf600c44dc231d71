import type { Mask, Space, Trajectory } from 'layergym'
import { type Approximator, flattenRows, generalizedAdvantages, logSoftmax, normalize } from 'layergym/agents'

/** What one update learns from: the transitions of all trajectories, one after the other. */
export interface Rollout {
  readonly rows: number
  /** [rows, inputs] */
  readonly observations: Float32Array
  readonly actions: readonly number[]
  readonly masks: readonly (Mask | undefined)[]
  /** log π(a|s) when the actions were chosen */
  readonly logProbabilities: readonly number[]
  /** To mean 0 and deviation 1. */
  readonly advantages: Float64Array
  /** λ-returns, what values are fitted to. */
  readonly returns: Float64Array
}

interface Parts {
  readonly space: Space<unknown>
  readonly policy: Approximator
  readonly value: Approximator
  readonly gamma: number
  readonly lambda: number
}

/** Lays trajectories out: one that was cut bootstraps from its final observation, one that terminated from nothing. */
export function layOut(trajectories: readonly Trajectory<unknown, number>[], parts: Parts): Rollout {
  const { space, policy, value } = parts
  const transitions = trajectories.flatMap(trajectory => trajectory.transitions)
  const rows = transitions.length
  const observations = flattenRows(
    space,
    transitions.map(({ observation }) => observation),
  )
  const values = Float64Array.from(value.forward(observations, rows))
  const advantages = new Float64Array(rows)
  let from = 0
  for (const trajectory of trajectories) {
    const { transitions: steps, terminated, finalObservation } = trajectory
    const bootstrap = terminated ? 0 : value.forward(flattenRows(space, [finalObservation]), 1)[0]
    advantages.set(
      generalizedAdvantages(steps, values.subarray(from, from + steps.length), bootstrap, parts),
      from,
    )
    from += steps.length
  }
  const returns = advantages.map((advantage, t) => advantage + values[t])
  if (rows > 1) normalize(advantages)
  const logits = policy.forward(observations, rows)
  return {
    rows,
    observations,
    actions: transitions.map(({ action }) => action),
    masks: transitions.map(({ mask }) => mask),
    logProbabilities: transitions.map(({ action, mask, logProbability }, t) => {
      if (logProbability !== undefined) return logProbability
      const row = logits.subarray(t * policy.outputs, (t + 1) * policy.outputs)
      return logSoftmax(row, mask)[action]
    }),
    advantages,
    returns,
  }
}
