import { join } from 'node:path'
import type { Trial } from '../../../agents/schedules/schedule.ts'
import { total } from '../../../common/cost.ts'
import type { Weights } from '../../../models/initialize.ts'
import { learningIn } from '../../instances/control.ts'
import { weightsDigest } from '../../instances/fingerprints.ts'
import type { Composition } from '../../instances/instance.ts'
import { type Learned, learningUnit } from '../../instances/learning-unit.ts'
import { modelMetadata } from '../../instances/model-metadata.ts'
import { savePolicy } from '../../instances/policy.ts'
import { runPolicy, runSchedule } from '../../instances/schedule-runs.ts'
import {
  SEARCH_SEEDS,
  type SearchResult,
  searchSchedule,
  triesLonger,
} from '../../instances/schedule-search.ts'
import { type Beginning, beginningOf } from '../../instances/start.ts'
import type { ScheduleRun } from '../../instances/trained.ts'
import type { BestEpisode, LearningState } from '../../play/learn.ts'
import { notesOnLearning } from '../../play/notes.ts'
import type { GroupAgent } from '../../play/roles.ts'
import { digestOf } from '../../runs/digest.ts'
import type { OnEvent, RunEvent } from '../../runs/events.ts'
import type { Running, Unit } from '../../runs/job.ts'
import type { FinalRun, FineTuneOutcomes, Greedy } from './conclude.ts'
import { type Kept, ModelKeeper, traineeOf } from './kept.ts'
import { readShipped, type Shipped, shippedOf } from './shipped.ts'

/** All that a run came to, and what is at hand where it ended. */
export interface FineTuneEnd extends FineTuneOutcomes {
  /** As it was saved. */
  readonly weights: Weights
  readonly kept: Kept
  readonly agents: ReadonlyMap<string, GroupAgent>
}

/** Names the run that steps belong to. */
export function stepCounter(onEvent: OnEvent) {
  let run = ''
  let of = 0
  return {
    begin(name: string, steps: number) {
      run = name
      of = steps
    },
    count: (step: number) => onEvent({ type: 'step', run, step, of }),
  }
}

/** What a unit that trains came to; its weights where they were the best so far. */
interface TrainedOnce<R extends ScheduleRun = ScheduleRun> {
  readonly run: R
  /** SHA-256 over the weights of its best moment. */
  readonly content: string
  readonly weights?: Weights
}

type GreedyRun = Greedy & TrainedOnce

/** What agents learned, and what a reader must know of that. */
interface Learning {
  readonly state: LearningState
  readonly notes: readonly string[]
}

/** The units of a fine-tuning run. */
export class FineTuneWork {
  private readonly keeper: ModelKeeper
  private readonly runs: Record<string, FinalRun> = {}

  constructor(
    private readonly composition: Composition,
    private readonly agents: ReadonlyMap<string, GroupAgent>,
    private readonly run: Running,
    private readonly steps: ReturnType<typeof stepCounter>,
  ) {
    this.keeper = new ModelKeeper(run.dir, composition)
  }

  /**
   * Baselines are searched first, so that a model is there early and agents can start from the best of them; then
   * agents learn. With that everything is chosen, and only then final runs, on seeds of their own, see the test split.
   */
  async finish(): Promise<FineTuneEnd> {
    const { run, keeper } = this
    const { config } = this.composition
    await keeper.prepare(['fine-tuned'])
    const searches = new Map<string, SearchResult>()
    if (config.baselines.length > 0)
      run.emit({ type: 'phase', phase: 'baselines: learning rates', total: config.baselines.length })
    for (const name of config.baselines) searches.set(name, await this.search(name))
    const beginning = await beginningOf(this.composition, searches, run.clock)
    const composition = this.composition.derive({}, beginning.options)
    const learning = config.policy === undefined ? await this.learn(composition) : undefined
    const greedy = await this.greedy(composition, beginning, learning?.state.episodes.length ?? 0)
    const { baselineSeeds, seed } = config
    const seeds = Array.from({ length: baselineSeeds }, (_, i) => seed + SEARCH_SEEDS + i)
    // Everything is chosen: from here on runs are scored on the test split, and nothing depends on it.
    run.emit({ type: 'phase', phase: 'final runs', total: seeds.length * (1 + searches.size) })
    for (const each of seeds) await this.policyRun(each, composition, beginning)
    for (const [name, search] of searches) await this.finals(name, search, seeds)
    return this.conclude({ greedy, seeds, searches, beginning }, learning)
  }

  private search(name: string): Promise<SearchResult> {
    const { config, worlds } = this.composition
    const schedule = this.composition.container.get('schedules', name)
    const key = ({ rate, headRate, length }: Trial, seed: number) =>
      `search/${name}/${rate.toExponential(1)}/${headRate.toExponential(1)}/${length}/${seed}`
    return searchSchedule(schedule, {
      limits: worlds[0].options.limits,
      rates: config.baselineRates,
      seeds: Array.from({ length: SEARCH_SEEDS }, (_, i) => config.seed + i),
      longer: triesLonger(schedule, config.baselineRates),
      run: (trial, seed) => this.once(key(trial, seed), name, { trial, seed, test: false }),
    })
  }

  private async finals(name: string, { chosen, longer }: SearchResult, seeds: readonly number[]) {
    const { trial } = chosen
    for (const seed of seeds) await this.once(`${name}/${seed}`, name, { trial, seed, test: true })
    if (longer?.rising !== true) return
    // At its own best budget too, as far as that is known.
    const twice = { ...trial, length: 2 * trial.length }
    for (const seed of seeds) await this.once(`${name} x2/${seed}`, name, { trial: twice, seed, test: true })
  }

  private async learn(composition: Composition): Promise<Learning> {
    const { agents, keeper, run, steps } = this
    const { budgetSteps, checkpointEvery, episodes } = composition.config
    run.emit({ type: 'phase', phase: 'episodes', total: episodes })
    const learning = learningIn(composition, agents)
    const { outcome, records } = await run.perform(
      learningUnit({
        ...learning,
        checkpointEvery,
        contentOf: weights => this.content({ weights, network: 'fine-tuned' }),
        onBest: async (best, { emit }) => void (await keeper.offer(keptEpisode(best), emit)),
        onKnownBest: best => keeper.recall(keptEpisode(best)),
        onEpisodeStart: index => steps.begin(`episode ${index + 1}`, budgetSteps),
      }),
    )
    const learned = outcome as Learned
    if (learned.best !== undefined) keeper.recall(keptEpisode(learned.best))
    for (const [name, agent] of agents) agent.restore(learned.agents[name])
    const state = { ...learned, episodes: records as LearningState['episodes'] }
    return { state, notes: notesOnLearning(state, episodes, learning.perUpdate) }
  }

  /** A fresh greedy run of what was learned, with the seed that it was learned on. */
  private async greedy(composition: Composition, { flops }: Beginning, index: number): Promise<Greedy> {
    const { seed, budgetSteps } = composition.config
    const kept = (run: ScheduleRun, weights: Weights): Kept => {
      return { chosen: chosenFrom('policy', run), weights, network: 'fine-tuned' }
    }
    const { outcome } = await this.run.perform<GreedyRun>({
      key: 'greedy',
      digest: ({ actions, rewards, content }) => digestOf([actions, rewards, content]),
      ended: ({ summary }) => ({ type: 'episode', episode: summary }),
      run: async ({ emit, clock }) => {
        this.steps.begin('greedy run', budgetSteps)
        const options = { composition, clock, index, paid: true, test: false }
        const { run, episode, weights } = await runPolicy(seed, this.agents, options)
        const { summary, actions, rewards } = episode
        const took = await this.keeper.offer(kept(run, weights), emit)
        return {
          ...{ run, actions, rewards, content: this.content(kept(run, weights)) },
          summary: { ...summary, flops: summary.flops + flops },
          ...(took && { weights }),
        }
      },
    })
    const { run, weights, summary, actions, rewards } = outcome as GreedyRun
    if (weights !== undefined) this.keeper.recall(kept(run, weights))
    return { summary, actions, rewards }
  }

  private async policyRun(seed: number, composition: Composition, { flops }: Beginning): Promise<void> {
    await this.trained(`policy/${seed}`, async ({ clock }) => {
      const options = { composition, clock, index: -1, paid: false, test: true }
      const { run, episode, weights } = await runPolicy(seed, this.agents, options)
      const content = digestOf([episode.actions, this.content({ weights, network: 'fine-tuned' })])
      return { run: { ...run, flops: run.flops + flops, rounds: episode.summary.rounds }, content }
    })
  }

  /** A run of a baseline; one that is not scored on the test split may become the model that is kept. */
  private async once(
    key: string,
    name: string,
    of: { readonly trial: Trial; readonly seed: number; readonly test: boolean },
  ): Promise<ScheduleRun> {
    const { composition, keeper } = this
    const schedule = composition.container.get('schedules', name)
    const network = schedule.solved ? 'linear' : 'fine-tuned'
    const kept = (run: ScheduleRun, weights: Weights) =>
      ({ chosen: chosenFrom(name, run), weights, network }) as const
    const { run, weights } = await this.trained(key, async ({ emit, clock }) => {
      const made = await runSchedule(schedule, of.trial, of.seed, { composition, clock, test: of.test })
      const took = !of.test && (await keeper.offer(kept(made.run, made.weights), emit))
      const content = this.content({ weights: made.weights, network })
      return { run: made.run, content, ...(took && { weights: made.weights }) }
    })
    if (weights !== undefined) keeper.recall(kept(run, weights))
    return run
  }

  private async trained<R extends ScheduleRun>(
    key: string,
    work: Unit<TrainedOnce<R>>['run'],
  ): Promise<TrainedOnce<R>> {
    const { outcome } = await this.run.perform<TrainedOnce<R>>({
      key,
      digest: ({ run, content }) => digestOf([run, content], ['seconds']),
      ended: ({ run }) => endOf(key, run),
      run: context => {
        this.steps.begin(key, this.composition.config.budgetSteps)
        return work(context)
      },
    })
    const done = outcome as TrainedOnce<R>
    this.runs[key] = done.run
    return done
  }

  private async conclude(
    done: Pick<FineTuneOutcomes, 'greedy' | 'seeds' | 'searches' | 'beginning'>,
    learning: Learning | undefined,
  ): Promise<FineTuneEnd> {
    const { composition, agents, run, keeper, runs } = this
    const { kept } = keeper
    const episodes = learning?.state.episodes.map(({ summary }) => summary) ?? []
    // After a kill the folder may hold the one before it.
    await keeper.save()
    // An applied one lies there already.
    if (composition.config.policy === undefined) {
      const cost = { episodes: episodes.length, flops: total(episodes).flops }
      await savePolicy(join(run.dir, 'policy.json'), agents, composition, cost)
    }
    const trainee = traineeOf(kept, composition)
    trainee.reset(kept.weights, composition.worlds[0].options.norms)
    trainee.network.model.setUserDefinedMetadata({ layergym: modelMetadata(composition) })
    const shipped = await run.perform(this.shipped(kept))
    const notes = learning?.notes ?? ['A policy was applied as it is: no agent learned in this run.']
    for (const message of notes) run.emit({ type: 'notice', message })
    return {
      ...{ ...done, composition, runs, episodes, notes, kept, agents },
      ...readShipped(shipped.outcome as Shipped),
      model: keeper.folder,
      updates: learning?.state.updates ?? Object.fromEntries([...agents.keys()].map(name => [name, 0])),
      chosen: kept.chosen,
      weights: kept.weights,
    }
  }

  /** The model that is kept, on the test split. */
  private shipped(kept: Kept): Unit<Shipped> {
    const { composition } = this
    return {
      key: 'shipped',
      digest: ({ test }) => digestOf([test, this.content(kept)]),
      run: async () => {
        const trainee = traineeOf(kept, composition)
        const { task, splits } = composition
        return shippedOf(splits.test, task, trainee.evaluate(splits.test))
      },
    }
  }

  private content({ weights, network }: Pick<Kept, 'weights' | 'network'>): string {
    return weightsDigest(weights, traineeOf({ network }, this.composition).network)
  }
}

function endOf(key: string, { score, rewardLoss, rewardPrimary, flops, seconds }: ScheduleRun): RunEvent {
  return { type: 'run', key, score, rewardLoss, rewardPrimary, flops, seconds }
}

function keptEpisode({ index, score, rewardLoss, flops, weights }: BestEpisode): Kept {
  const chosen = { from: 'policy', episode: index, score, rewardLoss, flops }
  return { chosen, weights, network: 'fine-tuned' }
}

function chosenFrom(from: string, { score, rewardLoss, flops }: ScheduleRun) {
  return { from, score, rewardLoss, flops }
}
