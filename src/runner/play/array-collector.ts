import type { Agent, LearnReport } from '../../agents/agent.ts'
import type { ArrayAgent } from '../../agents/arrays.ts'
import { inputError } from '../../common/error.ts'
import { Rng, type RngState } from '../../common/random.ts'
import type { BatchEnv } from '../../envs/batch/batch-env.ts'
import type { Snapshot } from '../../envs/env.ts'
import {
  type Collecting,
  episodeSeed,
  type FinishedEpisode,
  type Rollout,
  refuseReward,
} from './collecting.ts'
import { Columns, copy, type Played, trajectoriesOf } from './columns.ts'

export interface ArrayCollectorOptions {
  readonly batch: BatchEnv
  readonly agent: Pick<Agent<unknown, unknown>, 'appetite'> & { readonly arrays: ArrayAgent }
  readonly seed: number
}

/** Where each environment stands. */
interface ArrayCollectorState {
  readonly steps: number
  readonly episodes: number
  readonly rng: RngState
  readonly turn: number
  readonly batch: Snapshot
  readonly seats: readonly Seat[]
}

/** The episode that one of the environments plays. */
interface Seat {
  running: boolean
  episode: number
  return: number
  length: number
}

/**
 * What `Collector` does, over typed arrays: environments that step together, and an agent that takes rows. To the same
 * bits, and without an object a step.
 */
export class ArrayCollector implements Collecting {
  private readonly seats: readonly Seat[]
  private rng: Rng
  private steps = 0
  /** Begun so far. */
  private episodes = 0
  /** The seat that acts next, where an update takes less than one step of each. */
  private turn = 0
  private readonly columns: Columns
  /** Of each seat, in this rollout: its rows, and those of its trajectories that have ended. */
  private readonly filled: Int32Array
  private readonly taken: Int32Array
  /** The seats that act, in order, what they see and do, and who doesn't act. */
  private readonly active: Int32Array
  private readonly seen: Float32Array
  private readonly actions: Float32Array
  private readonly skipped: Uint8Array

  constructor(private readonly options: ArrayCollectorOptions) {
    const { batch, agent, seed } = options
    const { size, observationSpace, actionSpace } = batch
    this.seats = Array.from({ length: size }, () => ({ running: false, episode: -1, return: 0, length: 0 }))
    this.rng = Rng.of(seed, 'policy')
    const width = observationSpace.flatSize
    const numbers = actionSpace.kind === 'discrete' ? 1 : actionSpace.flatSize
    this.columns = new Columns(size, Math.ceil(agent.appetite.count / size), { width, numbers })
    this.filled = new Int32Array(size)
    this.taken = new Int32Array(size)
    this.active = new Int32Array(size)
    this.seen = new Float32Array(size * width)
    this.actions = new Float32Array(size * numbers)
    this.skipped = new Uint8Array(size)
  }

  /**
   * As many steps as one update takes, `limit` at most.
   * @throws failure when a reward is not finite
   */
  collect(limit: number): Rollout {
    const { seats, options, columns } = this
    const { batch, agent } = options
    const from = this.steps
    const last = from + Math.min(agent.appetite.count, limit)
    const played: Played[] = []
    const episodes: FinishedEpisode[] = []
    this.filled.fill(0)
    this.taken.fill(0)
    while (this.steps < last) {
      const count = Math.min(seats.length, last - this.steps)
      for (let i = 0; i < count; i++) {
        const seat = (this.turn + i) % seats.length
        if (!seats[seat].running) this.begin(seat)
        this.active[i] = seat
      }
      if (this.steps + count === last) this.turn = (this.active[count - 1] + 1) % seats.length
      this.advance(count, played, episodes)
    }
    for (let seat = 0; seat < seats.length; seat++)
      if (this.filled[seat] > this.taken[seat]) played.push(this.take(seat, false, true))
    const arrays = columns.rolloutOf(played, batch.observations)
    return {
      arrays,
      get trajectories() {
        return trajectoriesOf(arrays, played, batch)
      },
      steps: arrays.rows,
      episodes,
    }
  }

  private begin(place: number): void {
    const episode = this.episodes++
    Object.assign(this.seats[place], { running: true, episode, return: 0, length: 0 })
    this.options.batch.reset(place, episodeSeed(this.options.seed, episode))
  }

  /** One step of the active seats. */
  private advance(count: number, played: Played[], episodes: FinishedEpisode[]): void {
    const { seats, active, seen, actions, skipped, columns } = this
    const { batch, agent } = this.options
    const { width, numbers } = columns
    skipped.fill(count < seats.length ? 1 : 0)
    for (let i = 0; i < count; i++) {
      skipped[active[i]] = 0
      copy(batch.observations, active[i] * width, seen, i * width, width)
    }
    const chosen = agent.arrays.actRows(seen, count, this.rng)
    for (let i = 0; i < count; i++) copy(chosen.actions, i * numbers, actions, active[i] * numbers, numbers)
    batch.step(actions, skipped)
    for (let i = 0; i < count; i++) {
      const place = active[i]
      const seat = seats[place]
      const reward = batch.rewards[place]
      if (!Number.isFinite(reward)) refuseReward(batch.spec.id, reward, seat)
      const at = columns.at(place, this.filled[place]++)
      copy(seen, i * width, columns.observations, at * width, width)
      copy(actions, place * numbers, columns.actions, at * numbers, numbers)
      columns.rewards[at] = reward
      // Without one, an agent has none in any step.
      columns.logProbabilities[at] = chosen.logProbabilities?.[i] ?? Number.NaN
      seat.return += reward
      seat.length++
      this.steps++
      const [terminated, truncated] = [batch.terminated[place] === 1, batch.truncated[place] === 1]
      if (!terminated && !truncated) continue
      played.push(this.take(place, terminated, truncated))
      episodes.push({ step: this.steps, return: seat.return, length: seat.length })
      seat.running = false
    }
  }

  /** A seat's rows since the last trajectory. */
  private take(place: number, terminated: boolean, truncated: boolean): Played {
    const { columns, filled, taken, options } = this
    const [from, rows] = [columns.at(place, taken[place]), filled[place] - taken[place]]
    taken[place] = filled[place]
    const seat = this.seats[place]
    const { batch } = options
    const { width } = columns
    const isOver = batch.terminated[place] === 1 || batch.truncated[place] === 1
    const finalObservation = isOver ? batch.observations.slice(place * width, (place + 1) * width) : undefined
    const cut = truncated && !terminated
    return { seat: place, from, rows, episode: seat.episode, terminated, truncated, cut, finalObservation }
  }

  learn({ arrays }: Rollout): LearnReport {
    return arrays === undefined ? {} : this.options.agent.arrays.learnRows(arrays)
  }

  close(): void {
    this.options.batch.close?.()
  }

  state(): ArrayCollectorState {
    const { steps, episodes, turn, seats, options } = this
    const batch = options.batch.snapshot()
    return { steps, episodes, turn, rng: this.rng.state(), batch, seats: structuredClone(seats) }
  }

  restore(saved: unknown): void {
    const { steps, episodes, turn, rng, batch, seats } = saved as Partial<ArrayCollectorState>
    if (batch === undefined || seats === undefined || rng === undefined) {
      throw inputError(
        'checkpoint.earlier',
        'the checkpoint is of an earlier layergym, which played these environments object by object: begin the run anew',
      )
    }
    Object.assign(this, { steps, episodes, turn, rng: Rng.restore(rng) })
    for (const [i, seat] of this.seats.entries()) Object.assign(seat, seats[i])
    this.options.batch.restore(batch)
  }
}
