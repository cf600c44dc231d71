import { isPromise } from 'node:util/types'
import type { Agent, Decision, LearnReport, Memory, Trajectory, Transition } from '../../agents/agent.ts'
import { Rng, type RngState } from '../../common/random.ts'
import type { Env, Mask, MaybePromise, Snapshot, StepResult } from '../../envs/env.ts'
import {
  type Collecting,
  episodeSeed,
  type FinishedEpisode,
  type Rollout,
  refuseReward,
} from './collecting.ts'

/** Where each environment stands; complete, so that collecting goes on bit by bit. */
export interface CollectorState {
  readonly steps: number
  readonly episodes: number
  readonly rng: RngState
  /** The seat that acts next. */
  readonly turn: number
  readonly seats: readonly SeatState[]
}

interface SeatState {
  readonly episode: number
  readonly return: number
  readonly length: number
  /** Undefined where no episode runs. */
  readonly observation?: unknown
  /** What the agent carries, where it is recurrent. */
  readonly memory?: Memory
  readonly snapshot?: Snapshot
  /** Since the reset: what is played again where the environment has no snapshots. */
  readonly actions?: readonly unknown[]
}

export interface CollectorOptions {
  readonly envs: readonly Env<unknown, unknown>[]
  readonly agent: Pick<Agent<unknown, unknown>, 'act' | 'learn' | 'appetite'>
  readonly seed: number
}

/** One environment and the episode that it plays. */
interface Seat {
  readonly env: Env<unknown, unknown>
  running: boolean
  episode: number
  observation: unknown
  memory: Memory | undefined
  return: number
  length: number
  /** Since the last rollout. */
  transitions: Transition<unknown, unknown>[]
  actions: unknown[]
}

/** A rollout in the making. */
interface Gathered {
  readonly trajectories: Trajectory<unknown, unknown>[]
  readonly episodes: FinishedEpisode[]
}

const CUT = { terminated: false, truncated: true }
const maskOf = (seat: Seat) => seat.env.actionMask?.()
const observationOf = (seat: Seat) => seat.observation
const memoryOf = (seat: Seat) => seat.memory

/**
 * Lets an agent act in several environments at once and hands out what it wants to learn from. Every episode begins
 * with a seed of its own, drawn from the run's. An episode that a rollout cuts goes on in the next one: its trajectory
 * is `truncated` there, with what followed as its final observation.
 */
export class Collector implements Collecting {
  private readonly seats: readonly Seat[]
  private rng: Rng
  private steps = 0
  /** Begun so far. */
  private episodes = 0
  /** The seat that acts next, where an update takes less than one step of each. */
  private turn = 0
  /** Whether the agent has given anything to carry. */
  private recurrent = false

  constructor(private readonly options: CollectorOptions) {
    this.seats = options.envs.map(env => ({
      env,
      running: false,
      episode: -1,
      observation: undefined,
      memory: undefined,
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
    const last = unit === 'step' ? this.steps + Math.min(count, limit) : Number.POSITIVE_INFINITY
    let unbegun = unit === 'episode' ? count : Number.POSITIVE_INFINITY
    const from = this.steps
    const gathered: Gathered = { trajectories: [], episodes: [] }
    for (;;) {
      const active: Seat[] = []
      for (let i = 0; i < this.seats.length && this.steps + active.length < last; i++) {
        const seat = this.seats[(this.turn + i) % this.seats.length]
        if (!seat.running) {
          if (unbegun === 0) continue
          unbegun--
          const beginning = this.begin(seat)
          if (beginning !== undefined) await beginning
        }
        active.push(seat)
      }
      if (active.length === 0) break
      if (this.steps + active.length === last) this.turn = this.after(active)
      // Waits only where something has to be waited for: most environments and agents answer at once.
      const round = this.advance(active, gathered)
      if (round !== undefined) await round
    }
    if (unit === 'episode') this.turn = (this.turn + count) % this.seats.length
    for (const seat of this.seats) {
      if (seat.transitions.length > 0) gathered.trajectories.push(this.take(seat, CUT))
    }
    return { ...gathered, steps: this.steps - from }
  }

  private after(active: readonly Seat[]): number {
    return (this.seats.indexOf(active[active.length - 1]) + 1) % this.seats.length
  }

  /** One step of each seat. */
  private advance(active: readonly Seat[], gathered: Gathered): Promise<void> | undefined {
    const masks = active.map(maskOf)
    const decisions = this.options.agent.act(active.map(observationOf), {
      masks,
      memories: this.recurrent ? active.map(memoryOf) : undefined,
      explore: true,
      rng: this.rng,
    })
    if (isPromise(decisions)) return decisions.then(done => this.play(active, masks, done, gathered))
    return this.play(active, masks, decisions, gathered)
  }

  private play(
    active: readonly Seat[],
    masks: readonly (Mask | undefined)[],
    decisions: readonly Decision<unknown>[],
    gathered: Gathered,
  ): Promise<void> | undefined {
    const results = new Array<MaybePromise<StepResult<unknown>>>(active.length)
    let wait = false
    for (let i = 0; i < active.length; i++) {
      results[i] = active[i].env.step(decisions[i].action)
      wait ||= isPromise(results[i])
    }
    if (wait) {
      return Promise.all(results).then(done => {
        for (let i = 0; i < done.length; i++)
          this.record(active[i], masks[i], decisions[i], done[i], gathered)
      })
    }
    for (let i = 0; i < results.length; i++) {
      this.record(active[i], masks[i], decisions[i], results[i] as StepResult<unknown>, gathered)
    }
    return undefined
  }

  private record(
    seat: Seat,
    mask: Mask | undefined,
    { action, logProbability, value, memory }: Decision<unknown>,
    result: StepResult<unknown>,
    gathered: Gathered,
  ): void {
    const { observation, reward, info } = result
    if (!Number.isFinite(reward)) refuseReward(seat.env.spec.id, reward, seat)
    const duration = typeof info.duration === 'number' ? info.duration : 1
    const { observation: before, memory: carried } = seat
    const made = { observation: before, mask, action, reward, duration, logProbability, value }
    seat.transitions.push(carried === undefined ? made : { ...made, memory: carried })
    seat.memory = memory
    this.recurrent ||= memory !== undefined
    seat.return += reward
    seat.length++
    seat.observation = observation
    if (seat.env.snapshot === undefined) seat.actions.push(action)
    this.steps++
    if (!result.terminated && !result.truncated) return
    gathered.trajectories.push(this.take(seat, result))
    // Of the environment's own rewards, where a wrapper recorded them before they were normalised.
    const recorded = info.episode as { readonly return?: unknown } | undefined
    const total = typeof recorded?.return === 'number' ? recorded.return : seat.return
    gathered.episodes.push({ step: this.steps, return: total, length: seat.length })
    seat.running = false
  }

  private take(seat: Seat, end: { readonly terminated: boolean; readonly truncated: boolean }) {
    const { transitions, episode, observation, env, memory } = seat
    seat.transitions = []
    const { terminated, truncated } = end
    const followed = {
      finalObservation: observation,
      finalMask: terminated ? undefined : env.actionMask?.()?.slice(),
      ...(memory !== undefined && { finalMemory: memory }),
    }
    return { episode, actor: 'shared', transitions, terminated, truncated, ...followed }
  }

  private begin(seat: Seat): Promise<void> | undefined {
    seat.episode = this.episodes++
    seat.return = 0
    seat.length = 0
    seat.memory = undefined
    seat.actions = []
    seat.running = true
    const result = seat.env.reset({ seed: episodeSeed(this.options.seed, seat.episode) })
    if (isPromise(result)) {
      return result.then(({ observation }) => {
        seat.observation = observation
      })
    }
    seat.observation = result.observation
    return undefined
  }

  learn({ trajectories }: Rollout): MaybePromise<LearnReport> {
    return this.options.agent.learn(trajectories)
  }

  async close(): Promise<void> {
    for (const { env } of this.seats) await env.close?.()
  }

  async state(): Promise<CollectorState> {
    const seats: SeatState[] = []
    for (const { env, running, episode, observation, memory, return: sum, length, actions } of this.seats) {
      const where = env.snapshot ? { snapshot: await env.snapshot() } : { actions: [...actions] }
      seats.push({ episode, return: sum, length, ...(running ? { observation, memory, ...where } : {}) })
    }
    return { steps: this.steps, episodes: this.episodes, rng: this.rng.state(), turn: this.turn, seats }
  }

  async restore(saved: unknown): Promise<void> {
    const state = saved as CollectorState
    this.steps = state.steps
    this.episodes = state.episodes
    this.turn = state.turn
    this.rng = Rng.restore(state.rng)
    for (const [i, seat] of this.seats.entries()) {
      const of = state.seats[i]
      const { episode, observation, memory, snapshot, actions = [] } = of
      const running = observation !== undefined
      this.recurrent ||= memory !== undefined
      Object.assign(seat, { episode, observation, memory, running, transitions: [], actions: [...actions] })
      Object.assign(seat, { return: of.return, length: of.length })
      if (!running) continue
      await seat.env.reset({ seed: episodeSeed(this.options.seed, episode) })
      if (snapshot !== undefined) await seat.env.restore?.(snapshot)
      else for (const action of actions) await seat.env.step(action)
    }
  }
}
