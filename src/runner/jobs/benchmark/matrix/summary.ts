import type { AggregateName } from '../../../inference/scores.ts'
import type { Interval } from '../../../inference/statistics.ts'
import type { FailedUnit } from '../../../runs/job.ts'
import type { BenchmarkConfig } from '../config.ts'
import type { Reference } from '../references.ts'
import type { AgentResult, BenchmarkSummary, Difference } from '../summary.ts'

/** What `layergym benchmark` answers for several environments; in its folder's summary.json too. */
export interface MatrixSummary
  extends Pick<BenchmarkSummary, 'dir' | 'hash' | 'steps' | 'seeds' | 'versions'> {
  /** Greedy episodes after each run. */
  readonly evalEpisodes: number
  /** What runs are compared by, in words, where it isn't those episodes. */
  readonly measured?: string
  readonly variants: BenchmarkConfig['variants']
  readonly environments: readonly EnvironmentResult[]
  /** Of the contenders that have a run in every environment, on one scale. */
  readonly aggregates: readonly ContenderScores[]
  /** Of every pair of them, over environments. */
  readonly improvements: readonly Improvement[]
  /** Differences on the page, of environments and over them: Holm's family. */
  readonly comparisons: number
  /** Scores at which profiles are read. */
  readonly thresholds: readonly number[]
  /** Steps at which curves are read. */
  readonly grid: readonly number[]
  readonly failed: readonly FailedUnit[]
}

export interface EnvironmentResult {
  /** With version. */
  readonly env: string
  readonly rewardThreshold?: number
  /** Returns that are 0 and 1 on the scale. */
  readonly reference: Reference
  readonly agents: readonly EnvironmentAgent[]
  readonly differences: readonly PoweredDifference[]
}

export interface EnvironmentAgent extends Omit<AgentResult, 'runs'> {
  readonly runs: readonly MatrixRun[]
}

export interface MatrixRun extends Omit<AgentResult['runs'][number], 'curve'> {
  /** The greedy mean return on the environment's scale. */
  readonly score: number
}

/** A difference, and what these seeds could have shown. */
export interface PoweredDifference extends Difference {
  /**
   * The least true difference that such runs tell from none in four of five comparisons, at Holm's first step; undefined
   * where there is no interval.
   */
  readonly detectable?: number
}

/** A figure with its 95 % interval, by the stratified bootstrap; none where an environment has a single run. */
export interface Estimate {
  readonly value: number
  readonly interval?: Interval
}

export interface ContenderScores extends Readonly<Record<AggregateName, Estimate>> {
  readonly agent: string
  /** Scores of training episodes, mean over all steps of a run; over environments' means. Undefined where one has no curve. */
  readonly areaUnderCurve?: Estimate
  /** Share of runs above each threshold. */
  readonly profile: Band
  /** Interquartile mean of the training episodes' scores at each step of the grid; `null` before all runs have some. */
  readonly curve: Band<number | null>
}

/** Values with the 95 % band around each. */
export interface Band<T = number> {
  readonly values: readonly T[]
  readonly low?: readonly T[]
  readonly high?: readonly T[]
}

/** Of two contenders over all environments: `mean` is the difference of mean scores. */
export interface Improvement extends PoweredDifference {
  /** 95 %, of `probability`, by the stratified bootstrap. */
  readonly probabilityInterval?: Interval
}

/** Contenders without a run in some environment: they are in the tables of those where they have one alone. */
export function partialOf({ aggregates, environments }: MatrixSummary): readonly string[] {
  const all = new Set(environments.flatMap(({ agents }) => agents.map(({ agent }) => agent)))
  return [...all].filter(agent => aggregates.every(own => own.agent !== agent))
}
