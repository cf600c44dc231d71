import type { Trajectory, Transition } from './agent.ts'
import type { Steps } from './arrays.ts'

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
