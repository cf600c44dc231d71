import type { AgentState } from '../../../agents/agent.ts'
import type { PolicyEvaluation } from '../../play/evaluate.ts'
import type { CurvePoint, EvaluationPoint } from '../../play/points.ts'
import type { UnitContext } from '../../runs/job.ts'
import type { TensorBoardPosition } from '../../runs/tensorboard.ts'
import type { BestState } from './best.ts'
import type { CurveState } from './curve.ts'
import type { NormalizationState } from './envs.ts'
import type { ModuleTime } from './module-time.ts'
import type { Spent } from './spent.ts'

/** What a checkpoint holds besides its records: complete, so that a resumed run ends with the same hash. */
export interface TrainingState {
  readonly steps: number
  readonly episodes: number
  readonly updates: number
  readonly seconds: number
  /** Absent in checkpoints from before it was told. */
  readonly spent?: Spent
  /** SHA-256 over actions, rewards and changes of settings so far. */
  readonly digest: string
  readonly adjusted: Readonly<Record<string, number>>
  /** Of the listeners. */
  readonly listeners: readonly unknown[]
  readonly agent: AgentState
  readonly collector: unknown
  readonly normalization: NormalizationState
  readonly curve: CurveState
  readonly tensorboard: TensorBoardPosition
  readonly best?: BestState
  readonly stopped?: string
}

/** What is told on the way, and kept as it comes. */
export type TrainingRecord = { readonly point: CurvePoint } | { readonly evaluation: EvaluationPoint }

/** What learning came to, besides its records. */
export interface Trained {
  readonly steps: number
  readonly episodes: number
  readonly updates: number
  readonly seconds: number
  readonly spent: Spent
  readonly digest: string
  readonly evaluation: PolicyEvaluation
  /** Of the evaluations on the way; its policy is best-policy.json. */
  readonly best?: BestState
  /** Why it ended before its last step. */
  readonly stopped?: string
  readonly state: AgentState
  readonly normalization: NormalizationState
  /** With `--profile`: seconds by module, the most first. */
  readonly modules?: readonly ModuleTime[]
}

export interface TrainingContext extends UnitContext {
  /** The run's folder, for TensorBoard's files and videos. */
  readonly dir: string
  /** Keeps the policy of the best evaluation so far. */
  keep(learned: Pick<Trained, 'state' | 'normalization'>): Promise<unknown>
  /** Into the run's folder. */
  write(name: string, content: string | Uint8Array): Promise<string>
}

export function pointsOf(records: readonly TrainingRecord[]): readonly CurvePoint[] {
  return records.flatMap(record => ('point' in record ? [record.point] : []))
}
