import { isPromise } from 'node:util/types'
import type { Agent, Decision, Trajectory, Transition } from '../../agents/agent.ts'
import { failure } from '../../common/error.ts'
import { Rng, type RngState } from '../../common/random.ts'
import type { Env, Mask, Snapshot, StepResult } from '../../envs/env.ts'

/** What an agent learns from at once. */
export interface Rollout {
  readonly trajectories: readonly Trajectory<unknown, unknown>[]
  /** Environment steps in it. */
  readonly steps: number
  /** Episodes that ended in it, in order. */
  readonly episodes: readonly FinishedEpisode[]
}

export interface FinishedEpisode {
  /** Environment steps of the whole run when it ended. */
  readonly step: number
  /** Undiscounted, of the environment's own rewards. */
  readonly return: number
  readonly length: number
}

/** Where each environment stands; complete, so that collecting goes on bit by bit. */
export interface CollectorState {
  readonly steps: number
  readonly episodes: number
  readonly rng: RngState
  readonly seats: readonly SeatState[]
}

interface SeatState {
  readonly episode: number
  readonly return: number
  readonly length: number
  /** Undefined where no episode runs. */
  readonly observation?: unknown
  readonly snapshot?: Snapshot
  /** Since the reset: what is played again where the environment has no snapshots. */
  readonly actions?: readonly unknown[]
}

export interface CollectorOptions {
  readonly envs: readonly Env<unknown, unknown>[]
  readonly agent: Pick<Agent<unknown, unknown>, 'act' | 'appetite'>
  readonly seed: number
}

/** One environment and the episode that it plays. */
interface Seat {
  readonly env: Env<unknown, unknown>
  running: boolean
  episode: number
  observation: unknown
  return: number
  length: number
  /** Since the last rollout. */
  transitions: Transition<unknown, unknown>[]
  actions: unknown[]
}

/**
 * Lets an agent act in several environments at once and hands out what it wants to learn from. Every episode begins
 * with a seed of its own, drawn from the run's. An episode that a rollout cuts goes on in the next one: its trajectory
 * is `truncated` there, with what followed as its final observation.
 */
export class Collector {
  private readonly seats: readonly Seat[]
  private rng: Rng
  private steps = 0
  /** Begun so far. */
  private episodes = 0

  constructor(private readonly options: CollectorOptions) {
    this.seats = options.envs.map(env => ({
      env,
      running: false,
      episode: -1,
      observation: undefined,
      return: 0,
      length: 0,
      transitions: [],
      actions: [],
    }))
    this.rng = Rng.of(options.seed, 'policy')
  }

  /**
   * As much as one update takes; steps end at `limit`, episodes are played to their end.
   * @throws failure when a reward is not finite
   */
  async collect(limit: number): Promise<Rollout> {
    const { unit, count } = this.options.agent.appetite
    const trajectories: Trajectory<unknown, unknown>[] = []
    const finished: FinishedEpisode[] = []
    const from = this.steps
    const wanted = unit === 'step' ? Math.min(count, limit) : Number.POSITIVE_INFINITY
    let unbegun = unit === 'episode' ? count : Number.POSITIVE_INFINITY
    for (;;) {
      const active: Seat[] = []
      for (const seat of this.seats) {
        if (this.steps - from + active.length >= wanted) break
        if (!seat.running) {
          if (unbegun === 0) continue
          unbegun--
          await this.begin(seat)
        }
        active.push(seat)
      }
      if (active.length === 0) break
      const results = this.advance(active)
      for (const [i, result] of (isPromise(results) ? await results : results).entries()) {
        this.steps++
        if (!result.terminated && !result.truncated) continue
        const seat = active[i]
        trajectories.push(this.take(seat, result))
        finished.push({ step: this.steps, return: seat.return, length: seat.length })
        seat.running = false
      }
    }
    const CUT = { terminated: false, truncated: true }
    for (const seat of this.seats) if (seat.transitions.length > 0) trajectories.push(this.take(seat, CUT))
    return { trajectories, steps: this.steps - from, episodes: finished }
  }

  /** One step of each seat. */
  private advance(active: readonly Seat[]): StepResult<unknown>[] | Promise<StepResult<unknown>[]> {
    const masks = active.map(seat => seat.env.actionMask?.())
    const observations = active.map(seat => seat.observation)
    const decisions = this.options.agent.act(observations, { masks, explore: true, rng: this.rng })
    return isPromise(decisions)
      ? decisions.then(done => this.play(active, masks, done))
      : this.play(active, masks, decisions)
  }

  private play(
    active: readonly Seat[],
    masks: readonly (Mask | undefined)[],
    decisions: readonly Decision<unknown>[],
  ): StepResult<unknown>[] | Promise<StepResult<unknown>[]> {
    const results = active.map((seat, i) => seat.env.step(decisions[i].action))
    const record = (done: StepResult<unknown>[]) => {
      for (let i = 0; i < active.length; i++) this.record(active[i], masks[i], decisions[i], done[i])
      return done
    }
    return results.some(isPromise)
      ? Promise.all(results).then(record)
      : record(results as StepResult<unknown>[])
  }

  private record(
    seat: Seat,
    mask: Mask | undefined,
    { action, logProbability, value }: Decision<unknown>,
    { observation, reward, info }: StepResult<unknown>,
  ): void {
    if (!Number.isFinite(reward)) {
      throw failure(
        'env.reward',
        `${seat.env.spec.id} paid ${reward} in step ${seat.length + 1} of episode ${seat.episode + 1}: ` +
          'rewards are finite numbers (layergym check-env finds such steps)',
      )
    }
    const duration = typeof info.duration === 'number' ? info.duration : 1
    seat.transitions.push({
      observation: seat.observation,
      mask,
      action,
      reward,
      duration,
      logProbability,
      value,
    })
    // Before any normalisation, where the environment's wrapper tells it.
    seat.return += typeof info.reward === 'number' ? info.reward : reward
    seat.length++
    seat.observation = observation
    if (seat.env.snapshot === undefined) seat.actions.push(action)
  }

  private take(seat: Seat, end: { readonly terminated: boolean; readonly truncated: boolean }) {
    const { transitions, episode, observation } = seat
    seat.transitions = []
    const { terminated, truncated } = end
    return { episode, actor: 'shared', transitions, terminated, truncated, finalObservation: observation }
  }

  private async begin(seat: Seat): Promise<void> {
    seat.episode = this.episodes++
    seat.return = 0
    seat.length = 0
    seat.actions = []
    seat.running = true
    const result = seat.env.reset({ seed: this.seedOf(seat.episode) })
    seat.observation = (isPromise(result) ? await result : result).observation
  }

  private seedOf(episode: number): number {
    return Rng.of(this.options.seed, 'episode', episode).int(2 ** 31)
  }

  async state(): Promise<CollectorState> {
    const seats: SeatState[] = []
    for (const { env, running, episode, observation, return: sum, length, actions } of this.seats) {
      const where = env.snapshot ? { snapshot: await env.snapshot() } : { actions: [...actions] }
      seats.push({ episode, return: sum, length, ...(running ? { observation, ...where } : {}) })
    }
    return { steps: this.steps, episodes: this.episodes, rng: this.rng.state(), seats }
  }

  async restore(state: CollectorState): Promise<void> {
    this.steps = state.steps
    this.episodes = state.episodes
    this.rng = Rng.restore(state.rng)
    for (const [i, seat] of this.seats.entries()) {
      const saved = state.seats[i]
      const { episode, observation, snapshot, actions = [] } = saved
      const running = observation !== undefined
      Object.assign(seat, { episode, observation, running, transitions: [], actions: [...actions] })
      Object.assign(seat, { return: saved.return, length: saved.length })
      if (!running) continue
      await seat.env.reset({ seed: this.seedOf(episode) })
      if (snapshot !== undefined) await seat.env.restore?.(snapshot)
      else for (const action of actions) await seat.env.step(action)
    }
  }
}
