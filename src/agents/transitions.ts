import type { Space } from '../envs/env.ts'
import type { Trajectory, Transition } from './agent.ts'
import type { ArrayRollout, Steps } from './arrays.ts'
import type { Distribution } from './distributions/distribution.ts'
import { flattenInto } from './flatten.ts'

/** Of all trajectories, one after the other; `flatMap` takes ten times as long. */
export function transitionsOf<O, A>(trajectories: readonly Trajectory<O, A>[]): readonly Transition<O, A>[] {
  const all: Transition<O, A>[] = []
  for (const { transitions } of trajectories) for (const transition of transitions) all.push(transition)
  return all
}

/** What trajectories paid. */
export function stepsOf(trajectories: readonly Trajectory<unknown, unknown>[]): Steps {
  const rows = trajectories.reduce((sum, { transitions }) => sum + transitions.length, 0)
  const [rewards, durations] = [new Float64Array(rows), new Float64Array(rows)]
  let t = 0
  for (const { transitions } of trajectories) {
    for (const { reward, duration } of transitions) {
      rewards[t] = reward
      durations[t++] = duration
    }
  }
  const stretches = trajectories.map(trajectory => ({
    episode: trajectory.episode,
    rows: trajectory.transitions.length,
    cut: isCut(trajectory),
  }))
  return { rows, rewards, durations, stretches }
}

/** Whether it bootstraps from its final observation: one that also terminated doesn't. */
export function isCut({ terminated, truncated }: Trajectory<unknown, unknown>): boolean {
  return truncated && !terminated
}

/** Trajectories as arrays. */
export function layOut(
  trajectories: readonly Trajectory<unknown, unknown>[],
  {
    space,
    distribution,
  }: { readonly space: Space<unknown>; readonly distribution: Pick<Distribution, 'actionSize' | 'encode'> },
): ArrayRollout {
  const transitions = transitionsOf(trajectories)
  const rows = transitions.length
  const cut = trajectories.filter(isCut)
  const inputs = space.flatSize
  const observations = new Float32Array((rows + cut.length) * inputs)
  const actions = new Float32Array(rows * distribution.actionSize)
  for (let t = 0; t < rows; t++) {
    const { observation, action } = transitions[t]
    flattenInto(space, observation, observations, t * inputs)
    const encoded = distribution.encode(action)
    for (let i = 0; i < encoded.length; i++) actions[t * encoded.length + i] = encoded[i]
  }
  for (let i = 0; i < cut.length; i++)
    flattenInto(space, cut[i].finalObservation, observations, (rows + i) * inputs)
  const masks = transitions.some(isMasked) ? transitions.map(({ mask }) => mask) : undefined
  return { ...stepsOf(trajectories), observations, actions, masks, logProbabilities: recordedIn(transitions) }
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
