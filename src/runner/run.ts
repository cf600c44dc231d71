import { join } from 'node:path'
import { BASELINES, type BaselineName } from '../agents/schedules/baselines.ts'
import { inputError } from '../common/error.ts'
import { datasetFingerprint } from '../data/fingerprint.ts'
import type { Weights } from '../models/initialize.ts'
import { saveModel } from '../models/save.ts'
import type { tf } from '../models/tf.ts'
import type { Clock, GroupAgent } from './collect.ts'
import { type Composition, modelMetadata } from './compose.ts'
import { bestTrial, buildSummary, type Shipped, type Trials, type TriedRun, total } from './conclude.ts'
import { runHash } from './hash.ts'
import { initialLearningState, type LearningState, learn } from './learn.ts'
import { notesOn } from './notes.ts'
import { savePolicy } from './policy.ts'
import { renderReport } from './report/report.ts'
import type { OnEvent, RunEvent } from './run-events.ts'
import type { RunFolder } from './run-folder.ts'
import { runPolicy, runSchedule, type ScheduleRun, scoreTest, testScore, trialsOf } from './schedule-runs.ts'
import type { FineTuneSummary } from './summary.ts'

export interface RunHooks {
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly onEvent: OnEvent
}

export interface FineTuneResult {
  readonly summary: FineTuneSummary
  /** The fine-tuned model, in memory as it was saved. */
  readonly model: tf.LayersModel
  readonly weights: Weights
  readonly agents: ReadonlyMap<string, GroupAgent>
}

/** What a checkpoint holds: learning, and the runs that follow it by name. */
export interface RunState {
  readonly fingerprint: string
  readonly learning?: LearningState
  readonly runs: Readonly<Record<string, ScheduleRun>>
  readonly shipped?: Shipped
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

  constructor(
    private readonly composition: Composition,
    private readonly agents: ReadonlyMap<string, GroupAgent>,
    private readonly folder: RunFolder,
    private readonly hooks: RunHooks,
    private readonly steps: ReturnType<typeof stepCounter>,
  ) {}

  async finish(saved: RunState | undefined): Promise<FineTuneResult> {
    const { composition } = this
    const fingerprint = await datasetFingerprint(composition.dataset)
    if (saved !== undefined && saved.fingerprint !== fingerprint) {
      throw inputError('resume.data', 'the clips have changed since this run began: start a new one')
    }
    this.state = saved ?? { ...this.state, fingerprint }
    await this.learn()
    const seeds = Array.from(
      { length: composition.config.baselineSeeds },
      (_, i) => composition.config.seed + i,
    )
    this.emit({ type: 'phase', phase: 'learned policy', total: seeds.length })
    const shipped = await this.ship(seeds[0])
    const names = composition.config.baselines
    if (names.length > 0)
      this.emit({ type: 'phase', phase: 'baselines: learning rates', total: names.length })
    const trials = new Map<BaselineName, readonly TriedRun[]>()
    for (const name of names) trials.set(name, await this.search(name, seeds[0]))
    // Everything is chosen: from here on runs are scored on the test split, and nothing depends on it.
    for (const seed of seeds.slice(1)) await this.policyRun(seed)
    for (const name of names) await this.finals(name, trials.get(name) ?? [], seeds)
    return this.conclude(shipped, seeds, trials)
  }

  private async learn(): Promise<void> {
    const { composition, agents } = this
    const { config } = composition
    if (config.policy !== undefined) return
    this.emit({ type: 'phase', phase: 'episodes', total: config.episodes })
    const learning = await learn({
      composition,
      agents,
      state: this.state.learning ?? initialLearningState(agents),
      signal: this.hooks.signal,
      clock: this.hooks.clock,
      onEvent: event => this.emit(event),
      onEpisodeStart: index => this.steps.begin(`episode ${index + 1}`, config.budgetSteps),
      onState: async state => {
        this.state = { ...this.state, learning: state }
        const last = state.episodes.length === config.episodes
        if (last || state.episodes.length % config.checkpointEvery === 0) await this.checkpoint()
      },
    })
    this.state = { ...this.state, learning }
  }

  /** The better, on the reward split, of a fresh greedy run and the best episode. */
  private async ship(seed: number): Promise<Shipped> {
    if (this.state.shipped !== undefined) return this.state.shipped
    this.steps.begin('greedy run', this.composition.config.budgetSteps)
    const index = this.state.learning?.episodes.length ?? 0
    const { run, episode } = await runPolicy(seed, this.agents, { ...this.context(), index, paid: true })
    const best = this.state.learning?.best
    const better = best !== undefined && best.rewardLoss < run.rewardLoss
    const shipped: Shipped = {
      chosen: better
        ? { from: 'episode', episode: best.index, rewardLoss: best.rewardLoss }
        : { from: 'greedy', rewardLoss: run.rewardLoss },
      weights: better ? best.weights : episode.weights,
      greedy: episode.summary,
      actions: episode.actions,
      rewards: episode.rewards,
    }
    this.state = { ...this.state, shipped, runs: { ...this.state.runs, [`policy/${seed}`]: run } }
    this.emit({ type: 'episode', episode: episode.summary })
    await this.checkpoint()
    return shipped
  }

  private async policyRun(seed: number): Promise<void> {
    const options = { ...this.context(), index: -1, paid: false }
    await this.once(`policy/${seed}`, async () => (await runPolicy(seed, this.agents, options)).run)
  }

  private async search(name: BaselineName, seed: number) {
    const results: TriedRun[] = []
    for (const trial of trialsOf(BASELINES[name], this.composition, this.composition.config.baselineRates)) {
      const key = `search/${name}/${trial.rate.toExponential(1)}/${trial.headRate.toExponential(1)}/${trial.length}`
      const run = await this.once(key, () =>
        runSchedule(BASELINES[name], trial, seed, { ...this.context(), test: false }),
      )
      results.push({ trial, run })
    }
    return results
  }

  private async finals(
    name: BaselineName,
    trials: readonly TriedRun[],
    seeds: readonly number[],
  ): Promise<void> {
    const { trial } = bestTrial(trials)
    for (const seed of seeds) {
      await this.once(`${name}/${seed}`, () =>
        runSchedule(BASELINES[name], trial, seed, { ...this.context(), test: true }),
      )
    }
  }

  private async conclude(
    shipped: Shipped,
    seeds: readonly number[],
    trials: Trials,
  ): Promise<FineTuneResult> {
    const { composition, agents, folder, state } = this
    const [world] = composition.worlds
    const { trainee } = world.options
    trainee.reset(shipped.weights, world.options.norms)
    const test = testScore(scoreTest(world, composition), composition)
    const model = join(folder.dir, 'model')
    await saveModel(trainee.network.model, model, modelMetadata(composition))
    const records = state.learning?.episodes ?? []
    // An applied one lies there already.
    if (composition.config.policy === undefined) {
      const cost = { episodes: records.length, flops: total(records.map(record => record.summary)).flops }
      await savePolicy(join(folder.dir, 'policy.json'), agents, composition, cost)
    }
    for (const message of notesOn(state.learning, agents, composition)) {
      this.notes.push(message)
      this.emit({ type: 'notice', message })
    }
    const hash = runHash({
      episodes: [...records, { actions: shipped.actions, rewards: shipped.rewards }],
      weights: shipped.weights,
      policy: Object.fromEntries([...agents].map(([name, agent]) => [name, agent.state()])),
    })
    const summary = buildSummary({
      composition,
      runDir: folder.dir,
      hash,
      model,
      test,
      episodes: records.map(record => record.summary),
      updates: state.learning?.updates ?? Object.fromEntries([...agents.keys()].map(name => [name, 0])),
      shipped,
      seeds,
      trials,
      runs: state.runs,
      notes: this.notes,
    })
    await folder.write('report.html', renderReport(summary))
    this.emit({ type: 'done', hash })
    // The last file: where it lies, the run is done.
    await folder.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
    return { summary, model: trainee.network.model, weights: shipped.weights, agents }
  }

  /** A run that is done is not done again after a resume. */
  private async once(key: string, run: () => Promise<ScheduleRun>): Promise<ScheduleRun> {
    const known = this.state.runs[key]
    if (known !== undefined) return known
    this.steps.begin(key, this.composition.config.budgetSteps)
    const result = await run()
    this.state = { ...this.state, runs: { ...this.state.runs, [key]: result } }
    const { rewardLoss, rewardAccuracy, flops, seconds } = result
    this.emit({ type: 'run', key, rewardLoss, rewardAccuracy, flops, seconds })
    await this.checkpoint()
    return result
  }

  private context() {
    return { composition: this.composition, clock: this.hooks.clock }
  }

  private emit(event: RunEvent): void {
    this.hooks.onEvent(event)
    void this.folder.record(event)
  }

  private checkpoint(): Promise<void> {
    return this.folder.checkpoint(this.state)
  }
}
