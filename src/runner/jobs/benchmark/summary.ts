import type { Interval } from '../../inference/statistics.ts'
import type { CurvePoint } from '../../play/points.ts'
import type { FailedUnit } from '../../runs/job.ts'
import type { TrainSummary } from '../train/summary.ts'
import type { BenchmarkConfig } from './config.ts'

/** What `layergym benchmark` answers; in its folder's summary.json too. */
export interface BenchmarkSummary {
  readonly dir: string
  /** SHA-256 over the hashes of all runs. */
  readonly hash: string
  /** With version. */
  readonly env: string
  readonly steps: number
  readonly seeds: readonly number[]
  /** Greedy episodes after each run. */
  readonly evalEpisodes: number
  /** What runs are compared by, in words, where it isn't those episodes. */
  readonly measured?: string
  readonly rewardThreshold?: number
  /** Settings of agents by name, where some were given: each is one of `agents`. */
  readonly variants?: BenchmarkConfig['variants']
  readonly agents: readonly AgentResult[]
  readonly differences: readonly Difference[]
  readonly versions: TrainSummary['settings']['versions']
  /** Runs that came to nothing: their agents are compared by the others. */
  readonly failed: readonly FailedUnit[]
}

export interface AgentResult {
  readonly agent: string
  /** One a seed that didn't fail. */
  readonly runs: readonly RunResult[]
  /** Of the runs' greedy mean returns. */
  readonly mean: number
  /** 95 %, Student's t over seeds; undefined for a single one. */
  readonly interval?: Interval
  /** Interquartile mean: of the middle half of the runs (Agarwal et al. 2021). */
  readonly iqm: number
  /** 95 %, percentile bootstrap over seeds; undefined for a single one. */
  readonly iqmInterval?: Interval
  /** Return of training episodes, mean over all steps of a run and over runs: how soon, not only how well. */
  readonly overSteps?: number
  /** Runs whose greedy mean return reaches the environment's threshold. */
  readonly solved?: number
  readonly stepsPerSecond: number
}

export interface RunResult {
  readonly seed: number
  readonly runDir: string
  readonly hash: string
  readonly meanReturn: number
  readonly stepsPerSecond: number
  readonly curve: readonly Pick<CurvePoint, 'step' | 'returns'>[]
}

/** Of two agents' mean returns. */
export interface Difference {
  readonly of: string
  readonly from: string
  readonly mean: number
  /** 95 %, Welch's t over seeds, this one by itself; undefined where an agent has a single one. */
  readonly interval?: Interval
  /** Of no difference, by Holm over all pairs; undefined where there is no interval. */
  readonly adjusted?: number
  /** That a run of `of` is better than one of `from`, ties half. */
  readonly probability: number
  /** Beyond chance, by `adjusted`: no pair at all is told apart so in 95 % of comparisons of equal agents. */
  readonly better: boolean
}
