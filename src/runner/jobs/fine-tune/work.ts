import { join } from 'node:path'
import type { Trial } from '../../../agents/schedules/schedule.ts'
import { total } from '../../../common/cost.ts'
import type { Weights } from '../../../models/initialize.ts'
import { learningIn } from '../../instances/control.ts'
import type { Composition } from '../../instances/instance.ts'
import { type Learned, learningUnit } from '../../instances/learning-unit.ts'
import { modelMetadata } from '../../instances/model-metadata.ts'
import { savePolicy } from '../../instances/policy.ts'
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
import type { RunEvent } from '../../runs/events.ts'
import type { Running, Unit } from '../../runs/job.ts'
import type { FinalRun, FineTuneOutcomes, Greedy } from './conclude.ts'
import {
  chosenFrom,
  FineTuneHands,
  type FineTuneOrder,
  type GreedyRun,
  greedyKept,
  networkOf,
  type stepCounter,
  type TrainedOnce,
} from './hands.ts'
import { type Kept, ModelKeeper, traineeOf } from './kept.ts'
import { readShipped, type Shipped, shippedOf } from './shipped.ts'

/** All that a run came to, and what is at hand where it ended. */
export interface FineTuneEnd extends FineTuneOutcomes {
  /** As it was saved. */
  readonly weights: Weights
  readonly kept: Kept
  readonly agents: ReadonlyMap<string, GroupAgent>
}

/** What agents learned, and what a reader must know of that. */
interface Learning {
  readonly state: LearningState
  readonly notes: readonly string[]
}

/** The units of a fine-tuning run. */
export class FineTuneWork {
  private readonly keeper: ModelKeeper
  private readonly hands: FineTuneHands
  private readonly runs: Record<string, FinalRun> = {}

  constructor(
    private readonly composition: Composition,
    private readonly agents: ReadonlyMap<string, GroupAgent>,
    private readonly run: Running,
    private readonly steps: ReturnType<typeof stepCounter>,
  ) {
    this.keeper = new ModelKeeper(run.dir, composition)
    this.hands = new FineTuneHands(composition, agents, steps)
  }

  /**
   * Baselines are searched first, so that a model is there early and agents can start from the best of them; then
   * agents learn. With that everything is chosen, and only then final runs, on seeds of their own, see the test split.
   */
  async finish(): Promise<FineTuneEnd> {
    const { run, keeper } = this
    const { config } = this.composition
    await keeper.prepare(['fine-tuned'])
    const { baselines } = config
    if (baselines.length > 0)
      run.emit({ type: 'phase', phase: 'baselines: learning rates', total: baselines.length })
    const found = await Promise.all(baselines.map((name, i) => this.search(name, i * RANKS)))
    const searches = new Map(baselines.map((name, i) => [name, found[i]]))
    const beginning = await beginningOf(this.composition, searches, run.clock)
    const learning = config.policy === undefined ? await this.learn(beginning) : undefined
    const greedy = await this.greedy(beginning, learning?.state.episodes.length ?? 0)
    const { baselineSeeds, seed } = config
    const seeds = Array.from({ length: baselineSeeds }, (_, i) => seed + SEARCH_SEEDS + i)
    // Everything is chosen: from here on runs are scored on the test split, and nothing depends on it.
    run.emit({ type: 'phase', phase: 'final runs', total: seeds.length * (1 + searches.size) })
    await Promise.all([
      ...seeds.map(each => this.policyRun(each, beginning)),
      ...[...searches].map(([name, search]) => this.finals(name, search, seeds)),
    ])
    return this.conclude({ greedy, seeds, searches, beginning }, learning)
  }

  private search(name: string, rank: number): Promise<SearchResult> {
    const { config, worlds } = this.composition
    const schedule = this.composition.container.get('schedules', name)
    const key = ({ rate, headRate, length }: Trial, seed: number) =>
      `search/${name}/${rate.toExponential(1)}/${headRate.toExponential(1)}/${length}/${seed}`
    let runs = 0
    return searchSchedule(schedule, {
      limits: worlds[0].options.limits,
      rates: config.baselineRates,
      seeds: Array.from({ length: SEARCH_SEEDS }, (_, i) => config.seed + i),
      longer: triesLonger(schedule, config.baselineRates),
      run: (trial, seed) =>
        this.once(key(trial, seed), name, { trial, seed, test: false, rank: rank + runs++ }),
    })
  }

  private async finals(name: string, { chosen, longer }: SearchResult, seeds: readonly number[]) {
    const { trial } = chosen
    const each = (key: string, of: Trial) =>
      seeds.map(seed => this.once(`${key}/${seed}`, name, { trial: of, seed, test: true, rank: 0 }))
    // At its own best budget too, as far as that is known.
    const twice = longer?.rising === true ? { ...trial, length: 2 * trial.length } : undefined
    await Promise.all([...each(name, trial), ...(twice === undefined ? [] : each(`${name} x2`, twice))])
  }

  private async learn({ options: beginning }: Beginning): Promise<Learning> {
    const { agents, keeper, run, steps } = this
    const composition = this.composition.derive({}, beginning)
    const { budgetSteps, checkpointEvery, episodes } = composition.config
    run.emit({ type: 'phase', phase: 'episodes', total: episodes })
    const learning = learningIn(composition, agents)
    const { outcome, records } = await run.perform(
      learningUnit({
        ...learning,
        checkpointEvery,
        orderOf: (index, { agents: states, best }) => {
          const known = best && { score: best.score, rewardLoss: best.rewardLoss }
          return order({ type: 'episode', index, agents: states, beginning, best: known })
        },
        contentOf: weights => this.hands.content({ weights, network: 'fine-tuned' }),
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

  /** Agents and where they begin, as data. */
  private policyFrom({ options, flops }: Beginning) {
    const agents = Object.fromEntries([...this.agents].map(([name, agent]) => [name, agent.state()]))
    return { agents, beginning: options, flops }
  }

  private async greedy(beginning: Beginning, index: number): Promise<Greedy> {
    const { keeper, hands, run } = this
    const unit = hands.greedy('greedy', {
      ...{ type: 'greedy', index, bar: keeper.bar },
      ...this.policyFrom(beginning),
    })
    const { outcome } = await run.perform({
      ...unit,
      taken: ({ weights, ...rest }, emit) => this.offered(rest, weights && greedyKept(rest, weights), emit),
    })
    const { weights, summary, actions, rewards, ...rest } = outcome as GreedyRun
    if (weights !== undefined) keeper.recall(greedyKept(rest, weights))
    return { summary, actions, rewards }
  }

  private async policyRun(seed: number, beginning: Beginning): Promise<void> {
    const own = { type: 'policy', seed, ...this.policyFrom(beginning) } as const
    const key = `policy/${seed}`
    this.runs[key] = ((await this.run.perform(this.hands.policy(key, own))).outcome as TrainedOnce).run
  }

  private async once(
    key: string,
    name: string,
    of: { readonly trial: Trial; readonly seed: number; readonly test: boolean; readonly rank: number },
  ): Promise<ScheduleRun> {
    const { composition, keeper, hands } = this
    const network = networkOf(name, composition)
    const kept = ({ run }: Pick<TrainedOnce, 'run'>, weights: Weights): Kept => {
      return { chosen: chosenFrom(name, run), weights, network, rank: of.rank }
    }
    const unit = hands.schedule(key, { type: 'schedule', name, ...of, bar: keeper.bar })
    const { outcome } = await this.run.perform({
      ...unit,
      taken: ({ weights, ...rest }, emit) => this.offered(rest, weights && kept(rest, weights), emit),
    })
    const { weights, ...done } = outcome as TrainedOnce
    if (weights !== undefined) keeper.recall(kept(done, weights))
    this.runs[key] = done.run
    return done.run
  }

  /** What came of a run, with its weights where they are the best so far: then they are the folder's model. */
  private async offered<T extends object>(
    rest: T,
    candidate: Kept | undefined,
    emit: (event: RunEvent) => void,
  ): Promise<T & { readonly weights?: Weights }> {
    if (candidate === undefined || !(await this.keeper.offer(candidate, emit))) return rest
    return { ...rest, weights: candidate.weights }
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
      digest: ({ test }) => digestOf([test, this.hands.content(kept)]),
      run: async () => {
        const trainee = traineeOf(kept, composition)
        const { task, splits } = composition
        return shippedOf(splits.test, task, trainee.evaluate(splits.test))
      },
    }
  }
}

/** Runs of a search at most, in their order: of several that are as good, the first is kept. */
const RANKS = 10_000

/** After those of all searches. */
const EPISODES_RANK = 2 ** 40

function keptEpisode({ index, score, rewardLoss, flops, weights }: BestEpisode): Kept {
  const chosen = { from: 'policy', episode: index, score, rewardLoss, flops }
  return { chosen, weights, network: 'fine-tuned', rank: EPISODES_RANK + index }
}

/** All networks of a run are one composition. */
function order(input: FineTuneOrder) {
  return { input, group: '' }
}
