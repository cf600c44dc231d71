import type { Trajectory } from '../../agents/agent.ts'
import type { ArrayRollout } from '../../agents/arrays.ts'
import type { BatchEnv } from '../../envs/batch/batch-env.ts'

/** A trajectory: rows of its seat from one on. */
export interface Played {
  readonly seat: number
  readonly from: number
  readonly rows: number
  readonly episode: number
  readonly terminated: boolean
  readonly truncated: boolean
  readonly cut: boolean
  /** Where it ended; where it goes on it is what the seat sees now. */
  readonly finalObservation: Float32Array | undefined
}

/** What was seen, done and paid: of each seat `each` rows at most, one after the other. */
export class Columns {
  readonly width: number
  readonly numbers: number
  readonly observations: Float32Array
  readonly actions: Float32Array
  readonly rewards: Float64Array
  readonly logProbabilities: Float32Array

  constructor(
    seats: number,
    private readonly each: number,
    { width, numbers }: { readonly width: number; readonly numbers: number },
  ) {
    this.width = width
    this.numbers = numbers
    this.observations = new Float32Array(seats * each * width)
    this.actions = new Float32Array(seats * each * numbers)
    this.rewards = new Float64Array(seats * each)
    this.logProbabilities = new Float32Array(seats * each)
  }

  at(seat: number, row: number): number {
    return seat * this.each + row
  }

  /**
   * A copy, trajectory after trajectory.
   * @param now what each seat sees
   */
  rolloutOf(played: readonly Played[], now: Float32Array): ArrayRollout {
    const { width, numbers } = this
    let [rows, cut] = [0, 0]
    for (const one of played) {
      rows += one.rows
      if (one.cut) cut++
    }
    const observations = new Float32Array((rows + cut) * width)
    const actions = new Float32Array(rows * numbers)
    const rewards = new Float64Array(rows)
    const logProbabilities = new Float32Array(rows)
    let [to, followed] = [0, rows]
    for (const { seat, from, rows: count, cut: goesOn, finalObservation } of played) {
      copy(this.observations, from * width, observations, to * width, count * width)
      copy(this.actions, from * numbers, actions, to * numbers, count * numbers)
      copy(this.rewards, from, rewards, to, count)
      copy(this.logProbabilities, from, logProbabilities, to, count)
      to += count
      if (!goesOn) continue
      const [last, at] = finalObservation === undefined ? [now, seat * width] : [finalObservation, 0]
      copy(last, at, observations, followed++ * width, width)
    }
    const recorded = Number.isNaN(logProbabilities[0]) ? {} : { logProbabilities }
    return { rows, observations, actions, rewards, stretches: played, ...recorded }
  }
}

/** The same with objects, for those who listen. */
export function trajectoriesOf(
  { rows: all, observations, actions, rewards, logProbabilities }: ArrayRollout,
  played: readonly Played[],
  { actionSpace, observationSpace: { flatSize: width } }: BatchEnv,
): readonly Trajectory<unknown, unknown>[] {
  const numbers = actions.length / all
  const observationOf = (row: number) => observations.slice(row * width, (row + 1) * width)
  let [at, followed] = [0, all]
  return played.map(({ rows, episode, terminated, truncated, cut, finalObservation: ended }) => {
    const transitions = Array.from({ length: rows }, () => {
      const row = at++
      const own = actions.slice(row * numbers, (row + 1) * numbers)
      return {
        observation: observationOf(row),
        action: actionSpace.kind === 'discrete' ? own[0] : own,
        reward: rewards[row],
        duration: 1,
        logProbability: logProbabilities?.[row],
      }
    })
    const finalObservation = cut ? observationOf(followed++) : ended
    return { episode, actor: 'shared', transitions, terminated, truncated, finalObservation }
  })
}

/** Of few numbers, as they mostly are, `set` takes longer. */
export function copy<T extends Float32Array | Float64Array>(
  from: T,
  at: number,
  to: T,
  place: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) to[place + i] = from[at + i]
}
