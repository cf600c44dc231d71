import { join } from 'node:path'
import { failure } from '../../../common/error.ts'
import { Rng } from '../../../common/random.ts'
import { interquartileMean, mean } from '../../../common/statistics.ts'
import { iqmInterval, meanOverSteps } from '../../inference/aggregate.ts'
import { meanInterval } from '../../inference/statistics.ts'
import type { Facts } from '../../runs/job.ts'
import { type Contender, cellOf, contendersOf, seedsOf } from './cells.ts'
import type { BenchmarkConfig } from './config.ts'
import { differencesOf } from './differences.ts'
import type { Outcome } from './outcome.ts'
import type { AgentResult, BenchmarkSummary } from './summary.ts'

export interface BenchmarkOutcomes {
  readonly config: BenchmarkConfig
  readonly runs: readonly Outcome[]
  readonly failed: BenchmarkSummary['failed']
}

/** What runs in one environment come to. @throws failure where none succeeded */
export function summarizeBenchmark(
  { config, runs, failed }: BenchmarkOutcomes,
  { runDir, hash, origin }: Facts,
): BenchmarkSummary {
  refuseNothing(runs, failed)
  const [{ env, evalEpisodes, rewardThreshold }] = runs
  const agents = resultsIn(config, runs, runDir)
  return {
    dir: runDir,
    hash,
    env,
    steps: config.steps,
    seeds: seedsOf(config),
    evalEpisodes,
    rewardThreshold,
    ...(Object.keys(config.variants).length > 0 && { variants: config.variants }),
    agents,
    differences: differencesOf(agents),
    versions: origin.versions,
    failed,
  }
}

/** @throws failure where no run succeeded */
export function refuseNothing(runs: readonly Outcome[], failed: BenchmarkOutcomes['failed']): void {
  if (runs.length === 0) throw failure('benchmark.failed', `no run succeeded: ${failed[0].cause}`)
}

/** A result for each contender that has a run among these, which are one environment's. */
export function resultsIn(
  config: BenchmarkConfig,
  runs: readonly Outcome[],
  dir: string,
): readonly AgentResult[] {
  return contendersOf(config)
    .map(contender => ({ contender, own: runs.filter(run => run.variant === contender.name) }))
    .filter(({ own }) => own.length > 0)
    .map(({ contender, own }) => resultOf(config, contender, own, dir))
}

function resultOf(
  config: BenchmarkConfig,
  contender: Contender,
  runs: readonly Outcome[],
  dir: string,
): AgentResult {
  const { name: agent } = contender
  const returns = runs.map(run => run.meanReturn)
  const [{ env, rewardThreshold: threshold }] = runs
  const interval = iqmInterval(returns, Rng.of(runs[0].seed, 'iqm', agent))
  const overSteps = mean(runs.map(meanWhileLearning))
  return {
    agent,
    runs: runs.map(({ seed, hash, meanReturn, stepsPerSecond, curve, runDir }) => ({
      seed,
      runDir: runDir ?? join(dir, cellOf(config, env, contender, seed).folder),
      hash,
      meanReturn,
      stepsPerSecond,
      curve: curve.map(({ step, returns }) => ({ step, returns })),
    })),
    mean: mean(returns),
    interval: meanInterval(returns),
    iqm: interquartileMean(returns),
    ...(interval !== undefined && { iqmInterval: interval }),
    ...(Number.isFinite(overSteps) && { overSteps }),
    solved: threshold === undefined ? undefined : returns.filter(value => value >= threshold).length,
    stepsPerSecond: Math.round(mean(runs.map(run => run.stepsPerSecond))),
  }
}

/** Return of training episodes, mean over the run's steps; NaN where too few ended. */
export function meanWhileLearning({ curve }: Pick<Outcome, 'curve'>): number {
  return meanOverSteps(
    curve.flatMap(({ step, returns }) => (returns.length === 0 ? [] : [{ step, value: mean(returns) }])),
  )
}
