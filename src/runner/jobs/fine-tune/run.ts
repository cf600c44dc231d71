import { join } from 'node:path'
import { BASELINES, type BaselineName } from '../../../agents/schedules/baselines.ts'
import type { Trial } from '../../../agents/schedules/schedule.ts'
import { total } from '../../../common/cost.ts'
import { inputError } from '../../../common/error.ts'
import { datasetFingerprint } from '../../../data/fingerprint.ts'
import type { Weights } from '../../../models/initialize.ts'
import type { tf } from '../../../models/tf.ts'
import { controlOf, learningIn } from '../../instances/control.ts'
import type { Composition } from '../../instances/instance.ts'
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
import { testScore } from '../../instances/test-scores.ts'
import type { ScheduleRun, Trained } from '../../instances/trained.ts'
import { episodesPerUpdate } from '../../play/control.ts'
import { type BestEpisode, initialLearningState, type LearningState, learn } from '../../play/learn.ts'
import { notesOnLearning } from '../../play/notes.ts'
import type { GroupAgent } from '../../play/roles.ts'
import type { OnEvent, RunEvent } from '../../runs/events.ts'
import { runHash } from '../../runs/hash.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { buildSummary, type Greedy } from './conclude.ts'
import { type Kept, ModelKeeper, takesOver, traineeOf } from './kept.ts'
import { mistakesOf, thumbnailsOf } from './mistakes.ts'
import { renderReport } from './report/report.ts'
import type { FineTuneSummary } from './summary.ts'

export interface FineTuneResult {
  readonly summary: FineTuneSummary
  /** The fine-tuned model, in memory as it was saved. */
  readonly model: tf.LayersModel
  readonly weights: Weights
  readonly agents: ReadonlyMap<string, GroupAgent>
}

/** What a checkpoint holds: the runs by name, learning, and the best model so far. */
export interface RunState {
  readonly fingerprint: string
  readonly runs: Readonly<Record<string, ScheduleRun>>
  readonly learning?: LearningState
  readonly greedy?: Greedy
  readonly kept?: Kept
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

export class Run {
  private state: RunState = { fingerprint: '', runs: {} }
  private readonly notes: string[] = []
  private readonly keeper: ModelKeeper

  constructor(
    private readonly composition: Composition,
    private readonly agents: ReadonlyMap<string, GroupAgent>,
    private readonly folder: RunFolder,
    private readonly hooks: RunHooks,
    private readonly steps: ReturnType<typeof stepCounter>,
  ) {
    this.keeper = new ModelKeeper(folder.dir, composition)
  }

  /**
   * Baselines are searched first, so that a model is there early and agents can start from the best of them; then
   * agents learn. With that everything is chosen, and only then final runs, on seeds of their own, see the test split.
   */
  async finish(saved: RunState | undefined): Promise<FineTuneResult> {
    const { config } = this.composition
    await this.begin(saved)
    const searches = new Map<BaselineName, SearchResult>()
    if (config.baselines.length > 0)
      this.emit({ type: 'phase', phase: 'baselines: learning rates', total: config.baselines.length })
    for (const name of config.baselines) searches.set(name, await this.search(name))
    const beginning = await beginningOf(this.composition, searches, this.hooks.clock)
    const composition = this.composition.derive({}, beginning.options)
    await this.learn(composition)
    const greedy = await this.greedy(composition, beginning)
    const { baselineSeeds, seed } = config
    const seeds = Array.from({ length: baselineSeeds }, (_, i) => seed + SEARCH_SEEDS + i)
    // Everything is chosen: from here on runs are scored on the test split, and nothing depends on it.
    this.emit({ type: 'phase', phase: 'final runs', total: seeds.length * (1 + searches.size) })
    for (const each of seeds) await this.policyRun(each, composition, beginning)
    for (const [name, search] of searches) await this.finals(name, search, seeds)
    return this.conclude({ greedy, seeds, searches, beginning })
  }

  private async begin(saved: RunState | undefined): Promise<void> {
    const fingerprint = await datasetFingerprint(this.composition.dataset)
    if (saved !== undefined && saved.fingerprint !== fingerprint) {
      throw inputError('resume.data', 'the clips have changed since this run began: start a new one')
    }
    this.state = saved ?? { ...this.state, fingerprint }
    await this.keeper.prepare(['fine-tuned'])
  }

  private search(name: BaselineName): Promise<SearchResult> {
    const { config, worlds } = this.composition
    const schedule = BASELINES[name]
    const key = ({ rate, headRate, length }: Trial, seed: number) =>
      `search/${name}/${rate.toExponential(1)}/${headRate.toExponential(1)}/${length}/${seed}`
    return searchSchedule(schedule, {
      limits: worlds[0].options.limits,
      rates: config.baselineRates,
      seeds: Array.from({ length: SEARCH_SEEDS }, (_, i) => config.seed + i),
      longer: triesLonger(name, config.baselineRates),
      run: (trial, seed) => this.once(key(trial, seed), name, { trial, seed, test: false }),
    })
  }

  private async finals(name: BaselineName, { chosen, longer }: SearchResult, seeds: readonly number[]) {
    const { trial } = chosen
    for (const seed of seeds) await this.once(`${name}/${seed}`, name, { trial, seed, test: true })
    if (longer?.rising !== true) return
    // At its own best budget too, as far as that is known.
    const twice = { ...trial, length: 2 * trial.length }
    for (const seed of seeds) await this.once(`${name} x2/${seed}`, name, { trial: twice, seed, test: true })
  }

  private async learn(composition: Composition): Promise<void> {
    const { agents } = this
    const { config } = composition
    if (config.policy !== undefined) return
    this.emit({ type: 'phase', phase: 'episodes', total: config.episodes })
    const learning = await learn({
      ...learningIn(composition, agents),
      state: this.state.learning ?? initialLearningState(agents),
      signal: this.hooks.signal,
      clock: this.hooks.clock,
      onEvent: event => this.emit(event),
      onEpisodeStart: index => this.steps.begin(`episode ${index + 1}`, config.budgetSteps),
      onState: async state => {
        const better = state.best !== this.state.learning?.best ? state.best : undefined
        this.state = { ...this.state, learning: state }
        if (better !== undefined) await this.offerEpisode(better)
        const last = state.episodes.length === config.episodes
        if (last || state.episodes.length % config.checkpointEvery === 0) await this.checkpoint()
      },
    })
    this.state = { ...this.state, learning }
  }

  private offerEpisode({ index, score, rewardLoss, flops, weights }: BestEpisode): Promise<void> {
    const chosen = { from: 'policy', episode: index, score, rewardLoss, flops }
    return this.offer({ chosen, weights, network: 'fine-tuned' })
  }

  /** A fresh greedy run of what was learned, with the seed that it was learned on. */
  private async greedy(composition: Composition, { flops }: Beginning): Promise<Greedy> {
    if (this.state.greedy !== undefined) return this.state.greedy
    this.steps.begin('greedy run', composition.config.budgetSteps)
    const index = this.state.learning?.episodes.length ?? 0
    const options = { composition, clock: this.hooks.clock, index, paid: true, test: false }
    const { run, episode, weights } = await runPolicy(composition.config.seed, this.agents, options)
    const { summary, actions, rewards } = episode
    const greedy = { summary: { ...summary, flops: summary.flops + flops }, actions, rewards }
    this.state = { ...this.state, greedy }
    this.emit({ type: 'episode', episode: greedy.summary })
    await this.offer({ chosen: chosenFrom('policy', run), weights, network: 'fine-tuned' })
    await this.checkpoint()
    return greedy
  }

  private async policyRun(seed: number, composition: Composition, { flops }: Beginning): Promise<void> {
    await this.remember(`policy/${seed}`, async () => {
      const options = { composition, clock: this.hooks.clock, index: -1, paid: false, test: true }
      const { run, episode } = await runPolicy(seed, this.agents, options)
      return { ...run, flops: run.flops + flops, rounds: episode.summary.rounds }
    })
  }

  /** A run of a baseline; one that is not scored on the test split may become the model that is kept. */
  private once(key: string, name: BaselineName, of: { trial: Trial; seed: number; test: boolean }) {
    return this.remember(key, async () => {
      const options = { composition: this.composition, clock: this.hooks.clock, test: of.test }
      const { run, weights }: Trained = await runSchedule(BASELINES[name], of.trial, of.seed, options)
      const network = name === 'linearProbe' ? 'linear' : 'fine-tuned'
      if (!of.test) await this.offer({ chosen: chosenFrom(name, run), weights, network })
      return run
    })
  }

  /** A run that is done is not done again after a resume. */
  private async remember(key: string, work: () => Promise<ScheduleRun>): Promise<ScheduleRun> {
    const known = this.state.runs[key]
    if (known !== undefined) return known
    this.steps.begin(key, this.composition.config.budgetSteps)
    const run = await work()
    this.state = { ...this.state, runs: { ...this.state.runs, [key]: run } }
    const { score, rewardLoss, rewardAccuracy, flops, seconds } = run
    this.emit({ type: 'run', key, score, rewardLoss, rewardAccuracy, flops, seconds })
    await this.checkpoint()
    return run
  }

  /** The best model so far lies in the run folder, whenever it ends. */
  private async offer(candidate: Kept): Promise<void> {
    if (!takesOver(candidate.chosen, this.state.kept, this.composition.config.keep)) return
    this.state = { ...this.state, kept: candidate }
    await this.keeper.save(candidate)
    this.emit({ type: 'saved', from: candidate.chosen.from, score: candidate.chosen.score })
  }

  private async conclude(done: {
    readonly greedy: Greedy
    readonly seeds: readonly number[]
    readonly searches: ReadonlyMap<BaselineName, SearchResult>
    readonly beginning: Beginning
  }): Promise<FineTuneResult> {
    const { composition, agents, folder, state } = this
    const { kept } = state
    if (kept === undefined) throw new Error('no run gave a model to keep')
    // After a kill between the two, the folder may hold the one before it.
    await this.keeper.save(kept)
    const trainee = traineeOf(kept, composition)
    const norms = composition.worlds[0].options.norms
    trainee.reset(kept.weights, norms)
    trainee.network.model.setUserDefinedMetadata({ layergym: modelMetadata(composition) })
    const { task, splits } = composition
    const outcomes = trainee.evaluate(splits.test)
    const test = testScore(task, outcomes)
    const records = state.learning?.episodes ?? []
    // An applied one lies there already.
    if (composition.config.policy === undefined) {
      const cost = { episodes: records.length, flops: total(records.map(record => record.summary)).flops }
      await savePolicy(join(folder.dir, 'policy.json'), agents, composition, cost)
    }
    for (const message of this.notesOnLearning()) {
      this.notes.push(message)
      this.emit({ type: 'notice', message })
    }
    const hash = runHash({
      episodes: [...records, done.greedy],
      weights: kept.weights,
      policy: Object.fromEntries([...agents].map(([name, agent]) => [name, agent.state()])),
    })
    const summary = buildSummary({
      ...done,
      composition,
      runDir: folder.dir,
      hash,
      model: this.keeper.folder,
      test,
      mistakes: mistakesOf(splits.test, task, outcomes),
      episodes: records.map(record => record.summary),
      updates: state.learning?.updates ?? Object.fromEntries([...agents.keys()].map(name => [name, 0])),
      chosen: kept.chosen,
      runs: state.runs,
      notes: this.notes,
    })
    await folder.write('report.html', renderReport(summary, thumbnailsOf(summary.mistakes, composition)))
    this.emit({ type: 'done', hash })
    // The last file: where it lies, the run is done.
    await folder.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
    return { summary, model: trainee.network.model, weights: kept.weights, agents }
  }

  private notesOnLearning(): readonly string[] {
    const { composition, agents } = this
    const { learning } = this.state
    if (learning === undefined) return ['A policy was applied as it is: no agent learned in this run.']
    const perUpdate = episodesPerUpdate(controlOf(composition, agents), composition.worlds[0])
    return notesOnLearning(learning, composition.config.episodes, perUpdate)
  }

  private emit(event: RunEvent): void {
    this.hooks.onEvent(event)
    void this.folder.record(event)
  }

  private checkpoint(): Promise<void> {
    return this.folder.checkpoint(this.state)
  }
}

function chosenFrom(from: string, { score, rewardLoss, flops }: ScheduleRun) {
  return { from, score, rewardLoss, flops }
}
