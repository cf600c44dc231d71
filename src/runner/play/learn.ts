import { BehaviorSubject } from 'rxjs'
import type { AgentState, Trajectory } from '../../agents/agent.ts'
import { LayergymError, messageOf } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import { isBetter } from '../../envs/finetune/training.ts'
import type { World } from '../../envs/world.ts'
import type { Weights } from '../../models/initialize.ts'
import { actingAgents, type Control, learnsFrom, rootControl } from './control.ts'
import { type EpisodeResult, runEpisode } from './episode.ts'
import { type EpisodeOutcome, episodes$ } from './episodes.ts'
import type { PlayEvent } from './events.ts'
import { type Clock, type GroupAgent, secondsSince } from './roles.ts'
import type { EpisodeSummary } from './summary.ts'

/** What learning has come to: complete, so that a checkpoint of it resumes to the same end. */
export interface LearningState {
  readonly episodes: readonly EpisodeRecord[]
  readonly agents: Readonly<Record<string, AgentState>>
  readonly updates: Readonly<Record<string, number>>
  /** Trajectories since the last update. */
  readonly pending: readonly Trajectory<unknown, unknown>[]
  /** The episode with the best moment on the reward split. */
  readonly best?: BestEpisode
}

export interface BestEpisode {
  readonly index: number
  readonly score: number
  readonly rewardLoss: number
  readonly flops: number
  readonly weights: Weights
}

export interface EpisodeRecord {
  readonly summary: EpisodeSummary
  readonly actions: readonly unknown[]
  readonly rewards: readonly number[]
}

/** Who learns where, and for how long. */
export interface LearnPlan {
  readonly control: Control
  /** Where an episode is played. */
  readonly stage: (index: number) => Stage
  /** Episodes at a time, each in a world of its own. */
  readonly workers: number
  /** In all, those before `state` included. */
  readonly episodes: number
  /** That one update takes. */
  readonly perUpdate: number
  /** Of the policies' streams. */
  readonly seed: number
  /** Whether episodes can be compared, and the best one is kept: not where they are played on different instances. */
  readonly comparable: boolean
}

export interface LearnOptions extends LearnPlan {
  readonly state: LearningState
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly onEvent: (event: PlayEvent) => void
  readonly onEpisodeStart?: (index: number) => void
  /** Has an episode played in another process, so many at once: with the policies of `state`. */
  readonly elsewhere?: {
    readonly atOnce: number
    attempt(index: number, state: LearningState): Promise<Attempt>
  }
  /** Called after every episode, in order, with the state that follows it. */
  readonly onState: (state: LearningState) => Promise<void>
}

/** Where an episode is played, and with which seed of the world. */
export interface Stage {
  /** The instance's name, where agents learn on several. */
  readonly id?: string
  /** One a worker. */
  readonly worlds: readonly World[]
  readonly worldSeed: number
}

export function initialLearningState(agents: ReadonlyMap<string, GroupAgent>): LearningState {
  const entries = [...agents]
  return {
    episodes: [],
    agents: Object.fromEntries(entries.map(([name, agent]) => [name, agent.state()])),
    updates: Object.fromEntries(entries.map(([name]) => [name, 0])),
    pending: [],
  }
}

/**
 * Learns over so many episodes in synchronous rounds: episode i acts with policy version ⌊i/n⌋, n being
 * what one update takes, so that the number of workers doesn't change the run.
 */
export function learn(options: LearnOptions): Promise<LearningState> {
  const { control, perUpdate, elsewhere } = options
  for (const [name, agent] of control.agents) agent.restore(options.state.agents[name])
  const from = options.state.episodes.length
  const grantedAt = (done: number) => (Math.floor(done / perUpdate) + 1) * perUpdate
  const credits$ = new BehaviorSubject(grantedAt(from))
  return new Promise((resolve, reject) => {
    let state = options.state
    let queue: Promise<void> = Promise.resolve()
    const early = new Map<number, EpisodeOutcome<EpisodeResult>>()
    const lost = new Map<number, Lost>()
    const stream$ = episodes$<EpisodeResult, number>({
      from,
      to: options.episodes,
      workers: Array.from({ length: elsewhere?.atOnce ?? options.workers }, (_, worker) => worker),
      credits$,
      retries: 1,
      isFatal: error =>
        options.signal.aborted || (error instanceof LayergymError && error.kind !== 'failure'),
      run: async (index, worker, signal) => {
        options.onEpisodeStart?.(index)
        const attempt = await (elsewhere === undefined
          ? attemptEpisode(options, index, { ...options, worker, stopped: signal })
          : elsewhere.attempt(index, state))
        if ('result' in attempt) return attempt.result
        lost.set(index, sum(lost.get(index) ?? NOTHING_LOST, attempt.lost))
        throw attempt.error
      },
    })
    const take = async (outcome: EpisodeOutcome<EpisodeResult>): Promise<void> => {
      early.set(outcome.index, outcome)
      for (
        let next = early.get(state.episodes.length);
        next !== undefined;
        next = early.get(state.episodes.length)
      ) {
        early.delete(next.index)
        state = await absorb(options, state, next, lost.get(next.index))
        await options.onState(state)
        credits$.next(grantedAt(state.episodes.length))
      }
    }
    const subscription = stream$.subscribe({
      next: outcome => {
        queue = queue
          .then(() => take(outcome))
          .catch(error => {
            subscription.unsubscribe()
            reject(error)
          })
      },
      // What ended before it is absorbed and saved first.
      error: error => void queue.then(() => reject(error)),
      complete: () => void queue.then(() => resolve(state)),
    })
  })
}

/** What came of an episode, or what it cost that it failed. */
export type Attempt = { readonly result: EpisodeResult } | { readonly error: unknown; readonly lost: Lost }

/** Plays one episode as a plan says, with its agents as they are. */
export async function attemptEpisode(
  { control, stage: stageOf, seed }: LearnPlan,
  index: number,
  options: Pick<LearnOptions, 'clock' | 'signal'> & {
    readonly worker?: number
    readonly stopped?: AbortSignal
  },
): Promise<Attempt> {
  const { clock, signal, worker = 0, stopped } = options
  const stage = stageOf(index)
  const world = stage.worlds[worker]
  const start = clock()
  try {
    const result = await runEpisode({
      world,
      view: control.view,
      agents: actingAgents(control, world),
      root: rootControl(control, world),
      index,
      explore: true,
      worldSeed: stage.worldSeed,
      rng: Rng.of(seed, 'policy', index),
      clock,
      signal: {
        get aborted() {
          return signal.aborted || stopped?.aborted === true
        },
      },
    })
    if (stage.id === undefined) return { result }
    return { result: { ...result, summary: { ...result.summary, instance: stage.id } } }
  } catch (error) {
    const seconds = secondsSince(start, clock)
    return { error, lost: { flops: world.spentFlops, seconds, message: messageOf(error) } }
  }
}

/** Adds one episode in its turn; after the last of a round, agents learn. */
async function absorb(
  { control: { agents }, perUpdate, comparable, onEvent }: LearnOptions,
  state: LearningState,
  outcome: EpisodeOutcome<EpisodeResult>,
  lost: Lost = NOTHING_LOST,
): Promise<LearningState> {
  const record = outcome.ok
    ? {
        summary: charged(outcome.result.summary, lost),
        actions: outcome.result.actions,
        rewards: outcome.result.rewards,
      }
    : failedRecord(outcome.index, outcome.message, lost)
  if (outcome.ok && lost !== NOTHING_LOST) {
    const message = `Episode ${outcome.index + 1} failed and was tried again: ${lost.message}`
    onEvent({ type: 'notice', message })
  }
  onEvent({ type: 'episode', episode: record.summary })
  const episodes = [...state.episodes, record]
  const best =
    comparable &&
    outcome.ok &&
    (state.best === undefined || isBetter(chosenBy(outcome.result.summary), chosenBy(state.best)))
      ? bestEpisode(outcome.result)
      : state.best
  const pending = outcome.ok ? [...state.pending, ...outcome.result.trajectories] : state.pending
  if (episodes.length % perUpdate !== 0) return { ...state, episodes, best, pending }
  const updates = { ...state.updates }
  for (const [name, agent] of agents) {
    const own = pending.filter(({ actor }) => learnsFrom(name, actor))
    if (own.length === 0) continue
    const report = await agent.learn(own)
    updates[name]++
    onEvent({ type: 'update', agent: name, update: updates[name], report })
  }
  const states = Object.fromEntries([...agents].map(([name, agent]) => [name, agent.state()]))
  return { episodes, best, pending: [], updates, agents: states }
}

function bestEpisode({ summary, weights }: EpisodeResult): BestEpisode {
  const { index, score, rewardLoss, flops } = summary
  return { index, score, rewardLoss, flops, weights }
}

export function chosenBy({ score, rewardLoss }: Pick<BestEpisode, 'score' | 'rewardLoss'>) {
  return { score, loss: rewardLoss }
}

/** What failed attempts at an episode cost: it is counted, though it taught nothing. */
export interface Lost {
  readonly flops: number
  readonly seconds: number
  readonly message: string
}

const NOTHING_LOST: Lost = { flops: 0, seconds: 0, message: '' }

function sum(before: Lost, { flops, seconds, message }: Lost): Lost {
  return { flops: before.flops + flops, seconds: before.seconds + seconds, message }
}

function charged(summary: EpisodeSummary, { flops, seconds }: Lost): EpisodeSummary {
  return { ...summary, flops: summary.flops + flops, seconds: summary.seconds + seconds }
}

function failedRecord(index: number, message: string, { flops, seconds }: Lost): EpisodeRecord {
  const nothing = {
    return: 0,
    returnNoise: 0,
    steps: 0,
    diverged: false,
    score: 0,
    rewardLoss: 0,
    rewardPrimary: 0,
    rounds: [],
  }
  return {
    summary: { index, kind: 'learning', ...nothing, flops, seconds, failure: message },
    actions: [],
    rewards: [],
  }
}
