import type { PolicyEvaluation } from '../../play/evaluate.ts'
import type { CurvePoint, EvaluationPoint } from '../../play/points.ts'

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
  readonly episodes: number
  readonly updates: number
  /** Greedy episodes after the last step. */
  readonly evaluation: PolicyEvaluation
  readonly evaluations: readonly EvaluationPoint[]
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
