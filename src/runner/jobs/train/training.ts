import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BehaviorSubject, concatMap, lastValueFrom, takeWhile } from 'rxjs'
import { interrupted } from '../../../common/error.ts'
import type { Env } from '../../../envs/env.ts'
import { ArrayCollector } from '../../play/array-collector.ts'
import type { Collecting, Rollout } from '../../play/collecting.ts'
import { Collector } from '../../play/collector.ts'
import { evaluatePolicy } from '../../play/evaluate.ts'
import { rollouts$ } from '../../play/rollouts.ts'
import { TensorBoardWriter } from '../../runs/tensorboard.ts'
import { type BestState, betterOf } from './best.ts'
import type { TrainComposition } from './compose.ts'
import { Curve } from './curve.ts'
import { digestOf } from './digest.ts'
import { HeardRun, type Steerable } from './heard-run.ts'
import { configuredListeners } from './listeners.ts'
import { NOTHING_SPENT, type Part, type Spent, spentOn } from './spent.ts'
import { evaluationScalars, pointScalars } from './tags.ts'
import {
  pointsOf,
  type Trained,
  type TrainingContext,
  type TrainingRecord,
  type TrainingState,
} from './training-state.ts'

/** Milliseconds of work after which signals and timers get their turn. */
const SLICE = 50

/** One agent's learning in one world, from the first step or a checkpoint to the end. */
export class Training {
  private readonly curve: Curve
  private steps = 0
  private episodes = 0
  private updates = 0
  private seconds = 0
  private digest = ''
  /** Settings that have been changed on the way. */
  private adjusted: Readonly<Record<string, number>> = {}
  private best?: BestState
  private stopped?: string
  /** Since the last checkpoint. */
  private records: TrainingRecord[] = []
  /** Of the last time that was counted into `seconds`. */
  private since: number
  private breath: number
  /** Until the points are in TensorBoard's file. */
  private written: Promise<void> = Promise.resolve()
  /** Until the last checkpoint is on the disk. */
  private saved: Promise<void> = Promise.resolve()
  private spent: Spent = NOTHING_SPENT
  /** Since when it is spent on what comes next. */
  private lap: number

  static async in(composition: TrainComposition, context: TrainingContext): Promise<Training> {
    return new Training(composition, await collectorOf(composition), context)
  }

  private constructor(
    private readonly composition: TrainComposition,
    private readonly collector: Collecting,
    private readonly context: TrainingContext,
  ) {
    const { config } = composition
    this.curve = new Curve(config.logEvery)
    this.since = context.clock()
    this.breath = this.since
    this.lap = this.since
  }

  async finish(): Promise<Trained> {
    const { saved, clock, emit } = this.context
    const boards = join(this.context.dir, 'tensorboard')
    // Of a run that was killed before its first checkpoint.
    if (saved === undefined) await rm(boards, { recursive: true, force: true })
    const state = saved?.state as TrainingState | undefined
    const board = await TensorBoardWriter.create(boards, { now: clock, resumeAt: state?.tensorboard })
    const { listeners, config } = this.composition
    const heard = new HeardRun([...configuredListeners(config), ...listeners], this.steerable(board))
    try {
      if (saved !== undefined) {
        await this.restore(saved.state as TrainingState, saved.records)
        heard.restore((saved.state as TrainingState).listeners)
      }
      emit({ type: 'phase', phase: 'steps', total: config.steps })
      await this.learn(board, heard)
      return await this.evaluated(board)
    } finally {
      await this.saved.catch(() => undefined)
      heard.close()
      await board.close()
      await this.collector.close()
    }
  }

  /** What listeners may do with this run. */
  private steerable(board: TensorBoardWriter): Steerable {
    const training = this
    const { composition, context } = this
    return {
      config: composition.config,
      get step() {
        return training.steps
      },
      get best() {
        return training.best
      },
      evaluate: episodes => this.evaluate(board, episodes),
      adjust: settings => {
        composition.adjust(settings)
        this.adjusted = { ...this.adjusted, ...settings }
      },
      stop: reason => {
        this.stopped ??= reason
      },
      log: figures => {
        context.emit({ type: 'figures', step: this.steps, figures })
        return board.scalars(this.steps, context.clock() / 1000, figures)
      },
      write: (name, content) => context.write(join('artefacts', name), content),
    }
  }

  private async evaluated(board: TensorBoardWriter): Promise<Trained> {
    await this.written
    this.spend('writing')
    const { config, agent, envs } = this.composition
    const { signal, clock } = this.context
    const evaluation = await evaluatePolicy({
      agent,
      makeEnv: () => envs.evaluation(),
      episodes: config.evalEpisodes,
      seed: config.seed,
      signal,
      record: { episodes: config.videoEpisodes, folder: join(this.context.dir, 'videos') },
    })
    this.spend('evaluating')
    const { steps, episodes, updates, seconds, spent, digest, best, stopped } = this
    if (evaluation.episodes > 0) await board.scalars(steps, clock() / 1000, evaluationScalars(evaluation))
    const normalization = envs.state()
    const done = { steps, episodes, updates, seconds, spent, digest, best, stopped }
    return { ...done, evaluation, state: agent.state(), normalization }
  }

  /** Collects and learns in turn until the last step. */
  private async learn(board: TensorBoardWriter, heard: HeardRun): Promise<void> {
    const { collector, composition } = this
    const { steps } = composition.config
    if (this.steps >= steps || this.stopped !== undefined) return
    await heard.begin()
    this.since = this.context.clock()
    this.lap = this.since
    const credits$ = new BehaviorSubject(1)
    const stream$ = rollouts$({ collector, from: this.steps, to: steps, credits$ }).pipe(
      concatMap(async rollout => {
        await this.absorb(rollout, board, heard)
        if (this.stopped === undefined) credits$.next(credits$.value + 1)
      }),
      takeWhile(() => this.stopped === undefined),
    )
    await lastValueFrom(stream$, { defaultValue: undefined })
    await this.saved
    await heard.end()
  }

  private async absorb(rollout: Rollout, board: TensorBoardWriter, heard: HeardRun): Promise<void> {
    const { composition, context } = this
    const { config } = composition
    const before = this.steps
    this.spend('collecting')
    if (heard.active) await heard.tell({ type: 'rollout', step: before + rollout.steps, rollout })
    const report = await this.collector.learn(rollout)
    this.steps += rollout.steps
    this.episodes += rollout.episodes.length
    this.updates++
    this.digest = digestOf(this.digest, rollout, this.adjusted)
    const now = this.spend('learning')
    this.seconds += (now - this.since) / 1000
    this.since = now
    const { steps, updates, seconds } = this
    const point = this.curve.add({ rollout, report, steps, updates, seconds, last: steps >= config.steps })
    if (point !== undefined) {
      this.records.push({ point })
      context.emit({ type: 'point', point })
      // Learning goes on while the disk writes, in order; what fails is thrown by the next checkpoint.
      const scalars = pointScalars(point, this.curve.recentReturns)
      this.written = Promise.all([this.written, board.scalars(steps, now / 1000, scalars)]).then(
        () => undefined,
      )
      this.written.catch(() => undefined)
    }
    if (heard.active) {
      for (const episode of rollout.episodes) await heard.tell({ type: 'episode', ...episode })
      await heard.tell({ type: 'update', step: steps, update: updates, report })
    }
    const ended = steps >= config.steps || this.stopped !== undefined
    if (ended || passes(before, steps, config.checkpointEvery)) await this.checkpoint(board, heard)
    if (now - this.breath > SLICE) {
      await new Promise(resolve => setImmediate(resolve))
      this.breath = context.clock()
      if (context.signal.aborted) {
        await this.checkpoint(board, heard)
        await this.saved
        throw interrupted()
      }
    }
    this.since = this.spend('writing')
  }

  /** @returns now, until when the time since the last call has been spent on a part of the work */
  private spend(part: Part): number {
    const now = this.context.clock()
    this.spent = spentOn(this.spent, part, (now - this.lap) / 1000)
    this.lap = now
    return now
  }

  private async evaluate(board: TensorBoardWriter, episodes: number | undefined) {
    this.spend('writing')
    const { config, agent, envs } = this.composition
    const evaluation = await evaluatePolicy({
      agent,
      makeEnv: () => envs.evaluation(),
      episodes: episodes ?? Math.max(1, Math.round(config.evalEpisodes / 10)),
      seed: config.seed,
      signal: this.context.signal,
    })
    this.spend('evaluating')
    const point = { step: this.steps, ...evaluation }
    this.records.push({ evaluation: point })
    this.context.emit({ type: 'evaluation', point })
    this.best = betterOf(this.best, point)
    const best = this.best.since === 0
    if (best) await this.context.keep({ state: agent.state(), normalization: envs.state() })
    await board.scalars(this.steps, this.context.clock() / 1000, evaluationScalars(evaluation))
    return { point, best }
  }

  /** Learning goes on while the disk writes; what is saved is the state of now. */
  private async checkpoint(board: TensorBoardWriter, heard: HeardRun): Promise<void> {
    await Promise.all([this.written, this.saved])
    if (heard.active) await heard.tell({ type: 'checkpoint', step: this.steps })
    const { steps, episodes, updates, seconds, spent, digest, best, stopped, records, adjusted } = this
    const { agent, envs } = this.composition
    const state: TrainingState = {
      ...{ steps, episodes, updates, seconds, spent, digest, best, stopped, adjusted },
      listeners: heard.states(),
      agent: agent.state(),
      collector: await this.collector.state(),
      normalization: envs.state(),
      curve: this.curve.state(),
      tensorboard: board.position,
    }
    this.records = []
    this.saved = this.context.save(state, records)
    this.saved.catch(() => undefined)
  }

  private async restore(state: TrainingState, records: readonly unknown[]): Promise<void> {
    const {
      steps,
      episodes,
      updates,
      seconds,
      spent = NOTHING_SPENT,
      digest,
      best,
      stopped,
      adjusted,
    } = state
    Object.assign(this, { steps, episodes, updates, seconds, spent, digest, best, stopped, adjusted })
    const { agent, envs } = this.composition
    agent.restore(state.agent)
    if (Object.keys(adjusted).length > 0) this.composition.adjust(adjusted)
    await this.collector.restore(state.collector)
    // After the environments: those that play their actions again would count what they see twice.
    envs.restore(state.normalization)
    this.curve.restore(state.curve, pointsOf(records as readonly TrainingRecord[]))
  }
}

function passes(before: number, after: number, every: number): boolean {
  return Math.floor(after / every) > Math.floor(before / every)
}

/** Over typed arrays where both the agent and the environments are. */
async function collectorOf({ config, envs, agent }: TrainComposition): Promise<Collecting> {
  const { seed } = config
  const { appetite, arrays } = agent
  const batch = arrays !== undefined && appetite.unit === 'step' ? envs.batch(config.envs) : undefined
  if (arrays !== undefined && batch !== undefined)
    return new ArrayCollector({ batch, agent: { appetite, arrays }, seed })
  const all: Env<unknown, unknown>[] = []
  for (let i = 0; i < config.envs; i++) all.push(await envs.learning())
  return new Collector({ envs: all, agent, seed })
}
