import { join } from 'node:path'
import type { PolicyEvaluation } from '../../play/evaluate.ts'
import type { CurvePoint, EvaluationPoint } from '../../play/points.ts'
import type { Facts } from '../../runs/job.ts'
import type { TrainComposition } from './compose.ts'
import type { ModuleTime } from './module-time.ts'
import type { Spent } from './spent.ts'
import { pointsOf, type Trained, type TrainingRecord } from './training-state.ts'

/** What `layergym train` answers; in the run folder's summary.json too. */
export interface TrainSummary {
  readonly runDir: string
  readonly hash: string
  /** With version. */
  readonly env: string
  readonly agent: string
  readonly seed: number
  readonly steps: number
  /** Of learning, evaluations left out. */
  readonly seconds: number
  readonly stepsPerSecond: number
  /** Seconds of the whole run by what they went into. */
  readonly spent: Spent
  /** With `--profile`: seconds of the processor by module, the most first; the whole is profile.cpuprofile. */
  readonly modules?: readonly ModuleTime[]
  readonly episodes: number
  readonly updates: number
  /** Greedy episodes after the last step. */
  readonly evaluation: PolicyEvaluation
  readonly evaluations: readonly EvaluationPoint[]
  /** The best of them, and the file of its policy. */
  readonly best?: { readonly step: number; readonly meanReturn: number; readonly policy: string }
  readonly curve: readonly CurvePoint[]
  /** The policy's file: `layergym evaluate --policy`. */
  readonly policy: string
  readonly settings: {
    readonly envs: number
    readonly normalize: readonly string[]
    readonly gamma: number
    readonly engine: string
    readonly agentConfig: Readonly<Record<string, unknown>>
    readonly envOptions: Readonly<Record<string, unknown>>
    readonly rewardThreshold?: number
    readonly versions: Readonly<Record<string, string>>
  }
  readonly notes: readonly string[]
}

export function summarizeTraining(
  {
    composition,
    trained,
    records,
  }: {
    readonly composition: TrainComposition
    readonly trained: Trained
    readonly records: readonly TrainingRecord[]
  },
  { runDir, hash, origin }: Facts,
): TrainSummary {
  const { config, envs } = composition
  const { steps, seconds, spent, modules, episodes, updates, evaluation, best, stopped } = trained
  return {
    runDir,
    hash,
    env: envs.spec.id,
    agent: config.agent,
    seed: config.seed,
    ...{ steps, episodes, updates, seconds },
    evaluations: records.flatMap(record => ('evaluation' in record ? [record.evaluation] : [])),
    curve: pointsOf(records),
    stepsPerSecond: Math.round(steps / seconds),
    spent,
    ...(modules !== undefined && { modules }),
    evaluation,
    ...(best !== undefined && {
      best: { step: best.step, meanReturn: best.meanReturn, policy: join(runDir, 'best-policy.json') },
    }),
    policy: join(runDir, 'policy.json'),
    settings: {
      envs: config.envs,
      normalize: config.normalize,
      gamma: config.gamma,
      engine: config.threads === undefined ? config.engine : `${config.engine}, ${config.threads} threads`,
      agentConfig: config.agentConfig,
      envOptions: config.envOptions,
      rewardThreshold: envs.spec.rewardThreshold,
      versions: origin.versions,
    },
    notes: [
      ...(updates > 0 ? [] : [`${config.agent} got no update`]),
      ...(stopped === undefined ? [] : [`ended after ${steps} of ${config.steps} steps: ${stopped}`]),
    ],
  }
}
