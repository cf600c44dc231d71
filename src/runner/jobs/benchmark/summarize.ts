import { interquartileMean, mean } from '../../../common/statistics.ts'
import { holm, LEVEL } from '../../inference/holm.ts'
import { intervalOf } from '../../inference/inference.ts'
import { meanInterval } from '../../inference/statistics.ts'
import { welch } from '../../inference/welch.ts'
import type { TrainSummary } from '../train/summary.ts'
import { type Job, runJob } from './child.ts'
import type { BenchmarkConfig } from './config.ts'
import type { AgentResult, BenchmarkSummary, Difference } from './summary.ts'

/** What finished runs come to. */
export async function summarize(
  dir: string,
  config: BenchmarkConfig,
  jobs: readonly Job[],
): Promise<BenchmarkSummary> {
  const runs: TrainSummary[] = []
  for (const job of jobs) runs.push(await runJob(job, new AbortController().signal))
  const [{ env, settings, evaluation }] = runs
  const { rewardThreshold, versions } = settings
  const agents = config.agents.map(agent =>
    resultOf(
      agent,
      runs.filter(run => run.agent === agent),
      rewardThreshold,
    ),
  )
  return {
    dir,
    env,
    steps: config.steps,
    seeds: Array.from({ length: config.seeds }, (_, i) => config.seed + i),
    evalEpisodes: evaluation.episodes,
    rewardThreshold,
    agents,
    differences: differencesOf(agents),
    versions,
  }
}

function resultOf(agent: string, runs: readonly TrainSummary[], threshold: number | undefined): AgentResult {
  const returns = runs.map(run => run.evaluation.meanReturn)
  return {
    agent,
    runs: runs.map(({ seed, runDir, hash, evaluation, stepsPerSecond, curve }) => ({
      seed,
      runDir,
      hash,
      meanReturn: evaluation.meanReturn,
      stepsPerSecond,
      curve: curve.map(({ step, returns: each }) => ({ step, returns: each })),
    })),
    mean: mean(returns),
    interval: meanInterval(returns),
    iqm: interquartileMean(returns),
    solved: threshold === undefined ? undefined : returns.filter(value => value >= threshold).length,
    stepsPerSecond: Math.round(mean(runs.map(run => run.stepsPerSecond))),
  }
}

/** Of every pair, the better one first. */
export function differencesOf(
  agents: readonly Pick<AgentResult, 'agent' | 'mean' | 'runs'>[],
): readonly Difference[] {
  const ranked = [...agents].sort((a, b) => b.mean - a.mean)
  const pairs = ranked.flatMap((of, i) =>
    ranked.slice(i + 1).map(from => {
      const [a, b] = [of, from].map(({ runs }) => runs.map(run => run.meanReturn))
      return { of: of.agent, from: from.agent, mean: of.mean - from.mean, difference: welch(a, b) }
    }),
  )
  const adjusted = holm(pairs.map(({ difference }) => difference?.p(0) ?? 1))
  return pairs.map(({ difference, ...pair }, i) => ({
    ...pair,
    ...(difference !== undefined && { interval: intervalOf(difference), adjusted: adjusted[i] }),
    better: adjusted[i] <= LEVEL && pair.mean > 0,
  }))
}
