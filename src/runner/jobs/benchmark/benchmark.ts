import { join } from 'node:path'
import { inputError, interrupted } from '../../../common/error.ts'
import { parseConfig } from '../../../common/settings.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import { RunFolder } from '../../runs/run-folder.ts'
import { composeTraining } from '../train/compose.ts'
import { type TrainConfig, trainSchema, withAbsolutePaths } from '../train/config.ts'
import { type Job, runJob } from './child.ts'
import { type BenchmarkConfig, benchmarkSchema } from './config.ts'
import { renderBenchmarkReport } from './report.ts'
import { summarize } from './summarize.ts'
import type { BenchmarkSummary } from './summary.ts'

/** Every agent with every seed in one environment, and what that says of them. */
export async function benchmark(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
): Promise<BenchmarkSummary> {
  const config = withAbsolutePaths(parseConfig(benchmarkSchema, values))
  const { out, overwrite } = config
  if (out === undefined) throw inputError('config.missing', "'out' is missing: give --out")
  await RunFolder.refuseExisting(out, overwrite)
  await refuseMistakes(config)
  const folder = await RunFolder.create(out, config, overwrite)
  return finish(folder, config, hooks)
}

/** Goes on where a benchmark was interrupted: runs that are done are not done again. */
export async function resumeBenchmark(dir: string, hooks: RunHooks): Promise<BenchmarkSummary> {
  const { folder, config: values } = await RunFolder.open(dir)
  const done = await folder.read('summary.json')
  if (done !== undefined) return JSON.parse(done) as BenchmarkSummary
  const config = parseConfig(benchmarkSchema, values as Record<string, unknown>)
  await refuseMistakes(config)
  return finish(folder, config, hooks)
}

async function finish(
  folder: RunFolder,
  config: BenchmarkConfig,
  hooks: RunHooks,
): Promise<BenchmarkSummary> {
  const jobs = jobsOf(folder.dir, config)
  hooks.onEvent({ type: 'phase', phase: 'runs', total: jobs.length })
  const queue = [...jobs]
  const workers = Array.from({ length: Math.min(config.workers, jobs.length) }, async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      if (hooks.signal.aborted) throw interrupted()
      const { evaluation, stepsPerSecond } = await runJob(job, hooks.signal)
      const message = `${job.name}: greedy return ${evaluation.meanReturn.toFixed(2)}, ${stepsPerSecond} steps/s`
      hooks.onEvent({ type: 'notice', message })
    }
  })
  // The first failure is told when the others have stopped: none is left behind.
  const outcomes = await Promise.allSettled(workers)
  const failed = outcomes.find(outcome => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  const summary = await summarize(folder.dir, config, jobs)
  await folder.write('report.html', renderBenchmarkReport(summary))
  await folder.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
  return summary
}

function jobsOf(dir: string, config: BenchmarkConfig): readonly Job[] {
  const seeds = Array.from({ length: config.seeds }, (_, i) => config.seed + i)
  return seeds.flatMap(seed =>
    config.agents.map(agent => {
      const name = `${agent}-${seed}`
      return { name, config: trainConfig(config, agent, seed, join(dir, name)) }
    }),
  )
}

function trainConfig(config: BenchmarkConfig, agent: string, seed: number, out: string): TrainConfig {
  const { agents: _, agentConfigs, seeds: __, workers: ___, overwrite: ____, ...shared } = config
  return trainSchema.parse({ ...shared, agent, agentConfig: agentConfigs[agent] ?? {}, seed, out })
}

/** Every agent is made once before the first run begins. */
async function refuseMistakes(config: BenchmarkConfig): Promise<void> {
  if (config.agents.length === 0) throw inputError('benchmark.agents', '--agents takes at least one agent')
  for (const id of Object.keys(config.agentConfigs)) {
    if (!config.agents.includes(id)) {
      throw inputError(
        'benchmark.agent-configs',
        `'agent-configs' has settings of '${id}', which is not compared: add it to --agents`,
      )
    }
  }
  for (const agent of config.agents) {
    const { agent: made } = await composeTraining(trainConfig(config, agent, config.seed, config.out ?? ''))
    made.dispose?.()
  }
}
