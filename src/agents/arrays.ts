import type { Rng } from '../common/random.ts'
import type { Mask } from '../envs/env.ts'
import type { LearnReport, Trajectory } from './agent.ts'

/**
 * What an agent offers beside `act` and `learn` to be played in a `BatchEnv`, over typed arrays and without an object a
 * step. It does there, bit by bit, what it does by `act` and `learn`, and draws as often.
 */
export interface ArrayAgent {
  /** `act`, exploring: one action for each of [rows, numbers] flat observations. */
  actRows(observations: Float32Array, rows: number, rng: Rng): ChosenRows
  /** `learn`. */
  learnRows(rollout: ArrayRollout): LearnReport
}

/** What was chosen; valid until the next call. */
export interface ChosenRows {
  /** [rows], indices of Discrete; [rows, numbers] of a Box */
  readonly actions: Float32Array
  /** log π(a|s), [rows], where the policy has one */
  readonly logProbabilities?: Float32Array
}

/** Trajectories, one after the other, as arrays. */
export interface ArrayRollout extends Steps {
  /** [rows + cut, numbers], flat: of every step, then what followed each stretch that was cut. */
  readonly observations: Float32Array
  /** [rows, numbers], as `ChosenRows` */
  readonly actions: Float32Array
  /** [rows] */
  readonly logProbabilities?: ArrayLike<number>
  /** [rows]; absent where nothing was ever forbidden */
  readonly masks?: readonly (Mask | undefined)[]
}

/** What a rollout paid. */
export interface Steps {
  readonly rows: number
  /** [rows] */
  readonly rewards: Float64Array
  /** τ, decision rounds, [rows]; absent where every action lasts one */
  readonly durations?: Float64Array
  /** Of all rows, in order. */
  readonly stretches: readonly Stretch[]
}

/** One trajectory's rows. */
export interface Stretch {
  readonly rows: number
  /** Its episode goes on, or would have: what follows is worth something. */
  readonly cut: boolean
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
    ...{ rows: trajectory.transitions.length, cut: isCut(trajectory) },
  }))
  return { rows, rewards, durations, stretches }
}

/** Whether it bootstraps from its final observation: one that also terminated doesn't. */
export function isCut({ terminated, truncated }: Trajectory<unknown, unknown>): boolean {
  return truncated && !terminated
}
