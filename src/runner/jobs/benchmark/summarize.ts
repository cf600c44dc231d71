import { join } from 'node:path'
import { failure } from '../../../common/error.ts'
import { Rng } from '../../../common/random.ts'
import { interquartileMean, mean } from '../../../common/statistics.ts'
import { iqmInterval, meanOverSteps, probabilityOfImprovement } from '../../inference/aggregate.ts'
import { holm, LEVEL } from '../../inference/holm.ts'
import { intervalOf } from '../../inference/inference.ts'
import { meanInterval } from '../../inference/statistics.ts'
import { welch } from '../../inference/welch.ts'
import type { Facts } from '../../runs/job.ts'
import type { TrainSummary } from '../train/summary.ts'
import type { BenchmarkConfig } from './config.ts'
import type { AgentResult, BenchmarkSummary, Difference, RunResult } from './summary.ts'

/** A run that is done, as far as the comparison needs it. */
export interface Outcome extends Omit<RunResult, 'runDir'> {
  readonly agent: string
  /** With version. */
  readonly env: string
  readonly evalEpisodes: number
  readonly rewardThreshold?: number
}

export function outcomeOf({
  agent,
  env,
  seed,
  hash,
  evaluation,
  stepsPerSecond,
  curve,
  settings,
}: TrainSummary): Outcome {
  return {
    ...{ agent, env, seed, hash, stepsPerSecond },
    evalEpisodes: evaluation.episodes,
    rewardThreshold: settings.rewardThreshold,
    meanReturn: evaluation.meanReturn,
    curve: curve.map(({ step, returns }) => ({ step, returns })),
  }
}

export interface BenchmarkOutcomes {
  readonly config: BenchmarkConfig
  readonly runs: readonly Outcome[]
  readonly failed: BenchmarkSummary['failed']
}

/** What runs come to. @throws failure where none succeeded */
export function summarizeBenchmark(
  { config, runs, failed }: BenchmarkOutcomes,
  { runDir, hash, origin }: Facts,
): BenchmarkSummary {
  if (runs.length === 0) throw failure('benchmark.failed', `no run succeeded: ${failed[0].cause}`)
  const [{ env, evalEpisodes, rewardThreshold }] = runs
  const agents = config.agents
    .map(agent => ({ agent, own: runs.filter(run => run.agent === agent) }))
    .filter(({ own }) => own.length > 0)
    .map(({ agent, own }) => resultOf(agent, own, runDir))
  return {
    dir: runDir,
    hash,
    env,
    steps: config.steps,
    seeds: Array.from({ length: config.seeds }, (_, i) => config.seed + i),
    evalEpisodes,
    rewardThreshold,
    agents,
    differences: differencesOf(agents),
    versions: origin.versions,
    failed,
  }
}

/** Of a run's folder, within the benchmark's. */
export function folderOf(agent: string, seed: number): string {
  return `${agent}-${seed}`
}

function resultOf(agent: string, runs: readonly Outcome[], dir: string): AgentResult {
  const returns = runs.map(run => run.meanReturn)
  const [{ rewardThreshold: threshold }] = runs
  const interval = iqmInterval(returns, Rng.of(runs[0].seed, 'iqm', agent))
  const overSteps = mean(runs.map(({ curve }) => meanOverSteps(curve.flatMap(pointOf))))
  return {
    agent,
    runs: runs.map(({ seed, hash, meanReturn, stepsPerSecond, curve }) => {
      return { seed, runDir: join(dir, folderOf(agent, seed)), hash, meanReturn, stepsPerSecond, curve }
    }),
    mean: mean(returns),
    interval: meanInterval(returns),
    iqm: interquartileMean(returns),
    ...(interval !== undefined && { iqmInterval: interval }),
    ...(Number.isFinite(overSteps) && { overSteps }),
    solved: threshold === undefined ? undefined : returns.filter(value => value >= threshold).length,
    stepsPerSecond: Math.round(mean(runs.map(run => run.stepsPerSecond))),
  }
}

/** Of a point, the mean of the episodes that ended since the last one; none where none did. */
function pointOf({ step, returns }: Outcome['curve'][number]) {
  return returns.length === 0 ? [] : [{ step, value: mean(returns) }]
}

/** Of every pair, the better one first. */
export function differencesOf(
  agents: readonly Pick<AgentResult, 'agent' | 'mean' | 'runs'>[],
): readonly Difference[] {
  const ranked = [...agents].sort((a, b) => b.mean - a.mean)
  const pairs = ranked.flatMap((of, i) =>
    ranked.slice(i + 1).map(from => {
      const [a, b] = [of, from].map(({ runs }) => runs.map(run => run.meanReturn))
      const probability = probabilityOfImprovement(a, b)
      return {
        of: of.agent,
        from: from.agent,
        mean: of.mean - from.mean,
        probability,
        difference: welch(a, b),
      }
    }),
  )
  const adjusted = holm(pairs.map(({ difference }) => difference?.p(0) ?? 1))
  return pairs.map(({ difference, ...pair }, i) => ({
    ...pair,
    ...(difference !== undefined && { interval: intervalOf(difference), adjusted: adjusted[i] }),
    better: adjusted[i] <= LEVEL && pair.mean > 0,
  }))
}
