import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BehaviorSubject, concatMap, lastValueFrom } from 'rxjs'
import type { AgentState } from '../../../agents/agent.ts'
import { interrupted } from '../../../common/error.ts'
import { mean } from '../../../common/statistics.ts'
import { Collector, type CollectorState, type Rollout } from '../../play/collector.ts'
import { evaluatePolicy, type PolicyEvaluation } from '../../play/evaluate.ts'
import type { CurvePoint, EvaluationPoint } from '../../play/points.ts'
import { rollouts$ } from '../../play/rollouts.ts'
import { encode } from '../../runs/codec.ts'
import type { RunEvent } from '../../runs/events.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { type TensorBoardPosition, TensorBoardWriter } from '../../runs/tensorboard.ts'
import type { TrainComposition } from './compose.ts'
import { conclude } from './conclude.ts'
import { Curve, type CurveState } from './curve.ts'
import type { NormalizationState } from './envs.ts'
import type { TrainSummary } from './summary.ts'

/** What a checkpoint holds: complete, so that a resumed run ends with the same hash. */
export interface TrainingState {
  readonly steps: number
  readonly episodes: number
  readonly updates: number
  readonly seconds: number
  /** SHA-256 over actions and rewards so far. */
  readonly digest: string
  readonly agent: AgentState
  readonly collector: CollectorState
  readonly normalization: NormalizationState
  readonly curve: CurveState
  readonly evaluations: readonly EvaluationPoint[]
  readonly tensorboard: TensorBoardPosition
}

/** Milliseconds of work after which signals and timers get their turn. */
const SLICE = 50

/** One agent's learning in one world, from the first step or a checkpoint to the end. */
export class Training {
  private readonly collector: Collector
  private readonly curve: Curve
  private steps = 0
  private episodes = 0
  private updates = 0
  private seconds = 0
  private digest = ''
  private evaluations: readonly EvaluationPoint[] = []
  /** Of the last time that was counted into `seconds`. */
  private since: number
  private breath: number

  constructor(
    private readonly composition: TrainComposition,
    private readonly folder: RunFolder,
    private readonly hooks: RunHooks,
  ) {
    const { config, world, agent } = composition
    const envs = Array.from({ length: config.envs }, () => world.learning())
    this.collector = new Collector({ envs, agent, seed: config.seed })
    this.curve = new Curve(config.logEvery)
    this.since = hooks.clock()
    this.breath = this.since
  }

  async finish(saved: TrainingState | undefined): Promise<TrainSummary> {
    const { hooks, folder } = this
    const boards = join(folder.dir, 'tensorboard')
    // Of a run that was killed before its first checkpoint.
    if (saved === undefined) await rm(boards, { recursive: true, force: true })
    const board = await TensorBoardWriter.create(boards, { now: hooks.clock, resumeAt: saved?.tensorboard })
    try {
      if (saved !== undefined) await this.restore(saved)
      this.tell({ type: 'phase', phase: 'steps', total: this.composition.config.steps })
      this.since = hooks.clock()
      await this.learn(board)
      return await this.conclude(board)
    } finally {
      await board.close()
    }
  }

  private async conclude(board: TensorBoardWriter): Promise<TrainSummary> {
    const { composition, folder, hooks } = this
    const { config, agent, world } = composition
    const evaluation = await evaluatePolicy({
      agent,
      makeEnv: () => world.evaluation(),
      episodes: config.evalEpisodes,
      seed: config.seed,
      signal: hooks.signal,
      record: { episodes: config.videoEpisodes, folder: join(folder.dir, 'videos') },
    })
    const { steps, episodes, updates, seconds, digest, evaluations } = this
    if (evaluation.episodes > 0) {
      await board.scalars(steps, hooks.clock() / 1000, evaluationScalars(evaluation))
    }
    const learned = { steps, episodes, updates, seconds, digest, evaluations, curve: this.curve.points }
    const summary = await conclude({ composition, folder, learned, evaluation })
    this.tell({ type: 'done', hash: summary.hash })
    return summary
  }

  /** Collects and learns in turn until the last step. */
  private async learn(board: TensorBoardWriter): Promise<void> {
    const { collector, composition } = this
    const { steps } = composition.config
    if (this.steps >= steps) return
    const credits$ = new BehaviorSubject(1)
    const stream$ = rollouts$({ collector, from: this.steps, to: steps, credits$ }).pipe(
      concatMap(async rollout => {
        await this.absorb(rollout, board)
        credits$.next(credits$.value + 1)
      }),
    )
    await lastValueFrom(stream$, { defaultValue: undefined })
  }

  private async absorb(rollout: Rollout, board: TensorBoardWriter): Promise<void> {
    const { composition, hooks } = this
    const { config, agent } = composition
    const before = this.steps
    const report = await agent.learn(rollout.trajectories)
    this.steps += rollout.steps
    this.episodes += rollout.episodes.length
    this.updates++
    this.digest = digestOf(this.digest, rollout)
    const now = hooks.clock()
    this.seconds += (now - this.since) / 1000
    this.since = now
    const { steps, updates, seconds } = this
    const point = this.curve.add({ rollout, report, steps, updates, seconds, last: steps >= config.steps })
    if (point !== undefined) {
      this.tell({ type: 'point', point })
      await this.folder.record({ type: 'point', point })
      await board.scalars(steps, now / 1000, pointScalars(point, this.curve.recentReturns))
    }
    const { evalEvery = Number.POSITIVE_INFINITY } = config
    // After the last step comes the larger one.
    if (passes(before, steps, evalEvery) && steps < config.steps) await this.evaluate(board)
    if (steps >= config.steps || passes(before, steps, config.checkpointEvery)) await this.checkpoint(board)
    if (now - this.breath > SLICE) {
      await new Promise(resolve => setImmediate(resolve))
      this.breath = hooks.clock()
      if (hooks.signal.aborted) {
        await this.checkpoint(board)
        throw interrupted()
      }
    }
    this.since = hooks.clock()
  }

  private async evaluate(board: TensorBoardWriter): Promise<void> {
    const { config, agent, world } = this.composition
    const evaluation = await evaluatePolicy({
      agent,
      makeEnv: () => world.evaluation(),
      episodes: Math.max(1, Math.round(config.evalEpisodes / 10)),
      seed: config.seed,
      signal: this.hooks.signal,
    })
    const point = { step: this.steps, ...evaluation }
    this.evaluations = [...this.evaluations, point]
    this.tell({ type: 'evaluation', point })
    await this.folder.record({ type: 'evaluation', point })
    await board.scalars(this.steps, this.hooks.clock() / 1000, evaluationScalars(evaluation))
  }

  private async checkpoint(board: TensorBoardWriter): Promise<void> {
    const { steps, episodes, updates, seconds, digest, evaluations } = this
    const { agent, world } = this.composition
    const state: TrainingState = {
      ...{ steps, episodes, updates, seconds, digest, evaluations },
      agent: agent.state(),
      collector: await this.collector.state(),
      normalization: world.state(),
      curve: this.curve.state(),
      tensorboard: board.position,
    }
    await this.folder.checkpoint(state)
  }

  private async restore(state: TrainingState): Promise<void> {
    const { steps, episodes, updates, seconds, digest, evaluations } = state
    Object.assign(this, { steps, episodes, updates, seconds, digest, evaluations })
    const { agent, world } = this.composition
    agent.restore(state.agent)
    await this.collector.restore(state.collector)
    // After the environments: those that play their actions again would count what they see twice.
    world.restore(state.normalization)
    this.curve.restore(state.curve)
  }

  private tell(event: RunEvent): void {
    this.hooks.onEvent(event)
  }
}

/** Tags as Stable-Baselines3's; the agent's figures under `train/`. */
function pointScalars({ step, seconds, lengths, report }: CurvePoint, recent: readonly number[]) {
  const figures = Object.entries(report).map(([name, value]) => [`train/${name}`, value])
  return {
    ...(recent.length > 0 ? { 'rollout/ep_rew_mean': mean(recent) } : {}),
    ...(lengths.length > 0 ? { 'rollout/ep_len_mean': mean(lengths) } : {}),
    'time/fps': step / seconds,
    ...(Object.fromEntries(figures) as Record<string, number>),
  }
}

function evaluationScalars({ meanReturn, meanLength }: PolicyEvaluation) {
  return { 'eval/mean_reward': meanReturn, 'eval/mean_ep_length': meanLength }
}

function passes(before: number, after: number, every: number): boolean {
  return Math.floor(after / every) > Math.floor(before / every)
}

/** Over what came before, and the actions and rewards of a rollout in order. */
function digestOf(before: string, { trajectories }: Rollout): string {
  const numbers: number[] = []
  const others: unknown[] = []
  for (const { transitions } of trajectories) {
    for (const { action, reward } of transitions) {
      if (typeof action === 'number') numbers.push(action)
      else if (action instanceof Float32Array) numbers.push(...action)
      else others.push(action)
      numbers.push(reward)
    }
  }
  const hash = createHash('sha256').update(before).update(Float64Array.from(numbers))
  return (others.length === 0 ? hash : hash.update(encode(others))).digest('hex')
}
