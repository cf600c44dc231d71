import { join } from 'node:path'
import { inputError } from '../../../common/error.ts'
import { pluginFingerprints } from '../../plugins/fingerprint.ts'
import { digestOf } from '../../runs/digest.ts'
import { begin } from '../../runs/drive.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import { concluded, type JobKind, type Plan, type Running, type Unit } from '../../runs/job.ts'
import { originOf } from '../../runs/origin.ts'
import type { Done } from '../../runs/units.ts'
import { composeTraining } from '../train/compose.ts'
import { type TrainConfig, trainSchema, withAbsolutePaths } from '../train/config.ts'
import { trainInChild } from './child.ts'
import { type BenchmarkConfig, benchmarkSchema } from './config.ts'
import { renderBenchmarkReport } from './report.ts'
import { type BenchmarkOutcomes, folderOf, type Outcome, outcomeOf, summarizeBenchmark } from './summarize.ts'
import type { BenchmarkSummary } from './summary.ts'
import { tidyTable } from './table.ts'
import { benchmarkWords } from './words.ts'

/** Every agent with every seed in one environment: a training run each, in a process of its own. */
export const benchmarkJob: JobKind<BenchmarkConfig, BenchmarkOutcomes, BenchmarkSummary> = {
  id: 'benchmark',
  schema: benchmarkSchema,
  prepare,
  summarize: summarizeBenchmark,
  report: renderBenchmarkReport,
  words: benchmarkWords,
}

/** A new comparison: refuses a folder that exists. */
export async function benchmark(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
): Promise<BenchmarkSummary> {
  return concluded(await begin(benchmarkJob, values, hooks))
}

/** Every agent is made once before the first run begins. */
async function prepare(given: BenchmarkConfig): Promise<Plan<BenchmarkConfig, BenchmarkOutcomes>> {
  const asked = withAbsolutePaths(given)
  refuseMistakes(asked)
  const agentConfigs: Record<string, TrainConfig['agentConfig']> = {}
  let found: { readonly config: TrainConfig; readonly versions: Readonly<Record<string, string>> } | undefined
  for (const agent of asked.agents) {
    const composition = await composeTraining(trainConfig(asked, agent, asked.seed, ''))
    composition.agent.dispose?.()
    agentConfigs[agent] = composition.config.agentConfig
    found ??= composition
  }
  const { engine, threads } = found?.config ?? asked
  const config = { ...asked, agentConfigs, engine, threads }
  return {
    config,
    origin: originOf(
      { name: engine, threads, versions: found?.versions },
      await pluginFingerprints(config.plugin),
    ),
    work: run => compared(config, run),
  }
}

async function compared(config: BenchmarkConfig, run: Running): Promise<BenchmarkOutcomes> {
  const seeds = Array.from({ length: config.seeds }, (_, i) => config.seed + i)
  const units = seeds.flatMap(seed => config.agents.map(agent => unitOf(config, agent, seed, run.dir)))
  run.emit({ type: 'phase', phase: 'runs', total: units.length })
  const queue = [...units]
  const done = new Map<string, Done<Outcome>>()
  const workers = Array.from({ length: Math.min(config.workers, units.length) }, async () => {
    for (let unit = queue.shift(); unit !== undefined; unit = queue.shift())
      done.set(unit.key, await run.perform(unit, true))
  })
  // What ends the whole is told when the others have stopped: none is left behind.
  const ends = await Promise.allSettled(workers)
  const broken = ends.find(end => end.status === 'rejected')
  if (broken !== undefined) throw broken.reason
  const all = units.flatMap(({ key }) => done.get(key) ?? [])
  const runs = all.flatMap(({ outcome }) => outcome ?? [])
  await run.write('results.csv', tidyTable(runs))
  return {
    config,
    runs,
    failed: all.flatMap(({ key, failure }) => (failure === undefined ? [] : [{ unit: key, cause: failure }])),
  }
}

function unitOf(config: BenchmarkConfig, agent: string, seed: number, dir: string): Unit<Outcome> {
  const out = join(dir, folderOf(agent, seed))
  return {
    key: `${agent}/${seed}`,
    digest: ({ hash }) => digestOf(hash),
    ended: ({ meanReturn, stepsPerSecond }) => ({
      type: 'notice',
      message: `${agent}, seed ${seed}: greedy return ${meanReturn.toFixed(2)}, ${stepsPerSecond} steps/s`,
    }),
    run: async ({ signal }) =>
      outcomeOf(await trainInChild({ config: trainConfig(config, agent, seed, out), dir: out }, signal)),
  }
}

function trainConfig(config: BenchmarkConfig, agent: string, seed: number, out: string): TrainConfig {
  const { agents: _, agentConfigs, seeds: __, workers: ___, overwrite: ____, ...shared } = config
  return trainSchema.parse({ ...shared, agent, agentConfig: agentConfigs[agent] ?? {}, seed, out })
}

function refuseMistakes({ agents, agentConfigs }: BenchmarkConfig): void {
  if (agents.length === 0) throw inputError('benchmark.agents', '--agents takes at least one agent')
  for (const id of Object.keys(agentConfigs)) {
    if (agents.includes(id)) continue
    throw inputError(
      'benchmark.agent-configs',
      `'agent-configs' has settings of '${id}', which is not compared: add it to --agents`,
    )
  }
}
