import { BehaviorSubject } from 'rxjs'
import type { AgentState, Trajectory } from '../agents/agent.ts'
import { LayergymError, messageOf } from '../common/error.ts'
import { Rng } from '../common/random.ts'
import { ROOT_ACTIONS, Root } from '../envs/finetune/root.ts'
import { isBetter } from '../envs/finetune/training.ts'
import type { Weights } from '../models/initialize.ts'
import {
  type Clock,
  type EpisodeRequest,
  type EpisodeResult,
  type GroupAgent,
  runEpisode,
} from './collect.ts'
import type { Composition } from './composition.ts'
import type { FineTuneConfig } from './config.ts'
import { type EpisodeOutcome, episodes$ } from './episodes.ts'
import type { RootControl } from './root-player.ts'
import type { OnEvent } from './run-events.ts'
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

export interface LearnOptions {
  /** What the agents were made for. */
  readonly composition: Composition
  /** What episodes are played on, one after the other, by name; default: the composition. */
  readonly instances?: readonly Instance[]
  readonly agents: ReadonlyMap<string, GroupAgent>
  readonly state: LearningState
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly onEvent: OnEvent
  readonly onEpisodeStart?: (index: number) => void
  /** Called after every episode, in order, with the state that follows it. */
  readonly onState: (state: LearningState) => Promise<void>
}

/** A model on a dataset, as one of several that agents learn on. */
export interface Instance {
  readonly id: string
  readonly composition: Composition
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

/** Where an episode is played: instances come in turn, each time round with data in another order. */
function stageOf({ composition, instances }: LearnOptions, index: number) {
  const { seed } = composition.config
  if (instances === undefined) return { worlds: composition.worlds, worldSeed: seed }
  const { id, composition: own } = instances[index % instances.length]
  return { id, worlds: own.worlds, worldSeed: seed + Math.floor(index / instances.length) }
}

/**
 * Learns over `config.episodes` episodes in synchronous rounds: episode i acts with policy version ⌊i/n⌋, n being
 * what one update takes, so that the number of workers doesn't change the run.
 */
export function learn(options: LearnOptions): Promise<LearningState> {
  const { composition, agents, clock } = options
  const { config, worlds } = composition
  for (const [name, agent] of agents) agent.restore(options.state.agents[name])
  const perUpdate = episodesPerUpdate(agents, composition)
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
      to: config.episodes,
      workers: worlds.map((_, worker) => worker),
      credits$,
      retries: 1,
      isFatal: error =>
        options.signal.aborted || (error instanceof LayergymError && error.kind !== 'failure'),
      run: async (index, worker, signal) => {
        options.onEpisodeStart?.(index)
        const stage = stageOf(options, index)
        const world = stage.worlds[worker]
        const start = clock()
        try {
          const result = await runEpisode({
            world,
            view: viewOf(config),
            agents: actingAgents(agents, world),
            root: rootControl(agents, world, config),
            index,
            explore: true,
            worldSeed: stage.worldSeed,
            rng: Rng.of(config.seed, 'policy', index),
            clock,
            signal,
          })
          return stage.id === undefined
            ? result
            : { ...result, summary: { ...result.summary, instance: stage.id } }
        } catch (error) {
          const before = lost.get(index) ?? NOTHING_LOST
          lost.set(index, {
            flops: before.flops + world.spentFlops,
            seconds: before.seconds + (clock() - start) / 1000,
            message: messageOf(error),
          })
          throw error
        }
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
        state = await absorb(options, state, next, perUpdate, lost.get(next.index))
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

/** How episodes are played: joint control has a view of its own. */
export function viewOf({ control, view }: Pick<FineTuneConfig, 'control' | 'view'>): EpisodeRequest['view'] {
  return control === 'joint' ? 'flat' : view
}

/** Who acts for each group of a world, in order: an agent of its own, or the one that all share. */
export function actingAgents(
  agents: ReadonlyMap<string, GroupAgent>,
  world: Composition['worlds'][number],
): readonly GroupAgent[] {
  return world.options.trainee.network.groups.map(({ name }) => {
    const agent = agents.get(name) ?? agents.get('shared') ?? agents.get('joint')
    if (agent === undefined) throw new Error(`no agent for group '${name}'`)
    return agent
  })
}

/** The root's agent and what it acts on, where there is one. */
export function rootControl(
  agents: ReadonlyMap<string, GroupAgent>,
  world: Composition['worlds'][number],
  { rootActions, rootEvery, gamma }: FineTuneConfig,
): RootControl | undefined {
  const agent = agents.get('root')
  if (agent === undefined) return undefined
  return { agent, root: new Root(world, ROOT_ACTIONS[rootActions]), every: rootEvery, gamma }
}

/** Whether what one actor did teaches this agent: its own, and for one that all groups share, every group's. */
function learnsFrom(agent: string, actor: string): boolean {
  if (agent === 'shared' || agent === 'joint') return actor !== 'root'
  return actor === agent
}

/** Adds one episode in its turn; after the last of a round, agents learn. */
async function absorb(
  { agents, instances, onEvent }: LearnOptions,
  state: LearningState,
  outcome: EpisodeOutcome<EpisodeResult>,
  perUpdate: number,
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
  // Losses on different instances can't be compared.
  const best =
    instances === undefined &&
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
interface Lost {
  readonly flops: number
  readonly seconds: number
  readonly message: string
}

const NOTHING_LOST: Lost = { flops: 0, seconds: 0, message: '' }

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
    rewardAccuracy: 0,
    rounds: [],
  }
  return {
    summary: { index, kind: 'learning', ...nothing, flops, seconds, failure: message },
    actions: [],
    rewards: [],
  }
}

/** Agents that count steps get as many episodes as those steps fill. */
export function episodesPerUpdate(agents: ReadonlyMap<string, GroupAgent>, { worlds }: Composition): number {
  const [agent] = agents.values()
  const { unit, count } = agent.appetite
  if (unit === 'episode') return Math.max(1, count)
  const { budgetSteps, roundSteps } = worlds[0].options
  return Math.max(1, Math.ceil(count / Math.ceil(budgetSteps / roundSteps)))
}
