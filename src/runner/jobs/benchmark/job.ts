import { join } from 'node:path'
import { inputError } from '../../../common/error.ts'
import type { Clock } from '../../play/roles.ts'
import { pluginFingerprints } from '../../plugins/fingerprint.ts'
import { digestOf } from '../../runs/digest.ts'
import { begin } from '../../runs/drive.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import { concluded, type JobKind, type Plan, type Running, type Unit } from '../../runs/job.ts'
import { originOf } from '../../runs/origin.ts'
import { performAll } from '../../runs/perform-all.ts'
import { withCrew } from '../../workers/crew.ts'
import { composeTraining } from '../train/compose.ts'
import { type TrainConfig, trainSchema, withAbsolutePaths } from '../train/config.ts'
import { type BenchmarkConfig, benchmarkSchema } from './config.ts'
import { renderBenchmarkReport } from './report.ts'
import { type BenchmarkOutcomes, folderOf, type Outcome, outcomeOf, summarizeBenchmark } from './summarize.ts'
import type { BenchmarkSummary } from './summary.ts'
import { tidyTable } from './table.ts'
import { trained } from './trained.ts'
import { benchmarkWords } from './words.ts'

/** Every agent with every seed in one environment: a training run each. */
export const benchmarkJob: JobKind<BenchmarkConfig, BenchmarkOutcomes, BenchmarkSummary> = {
  id: 'benchmark',
  schema: benchmarkSchema,
  prepare,
  hands: async (config, { dir, clock }) => ({ unit: key => unitOf(config, key, dir, clock) }),
  summarize: summarizeBenchmark,
  report: renderBenchmarkReport,
  words: benchmarkWords,
}

/** A new comparison: refuses a folder that exists. */
export async function benchmark(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
): Promise<BenchmarkSummary> {
  return concluded(await begin(benchmarkJob, values, withCrew(hooks)))
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
  const units = seeds.flatMap(seed =>
    config.agents.map(agent => unitOf(config, `${agent}/${seed}`, run.dir, run.clock)),
  )
  run.emit({ type: 'phase', phase: 'runs', total: units.length })
  const all = await performAll(run, units, true)
  const runs = all.flatMap(({ outcome }) => outcome ?? [])
  await run.write('results.csv', tidyTable(runs))
  return {
    config,
    runs,
    failed: all.flatMap(({ key, failure }) => (failure === undefined ? [] : [{ unit: key, cause: failure }])),
  }
}

function unitOf(config: BenchmarkConfig, key: string, dir: string, clock: Clock): Unit<Outcome> {
  const slash = key.lastIndexOf('/')
  const [agent, seed] = [key.slice(0, slash), Number(key.slice(slash + 1))]
  const out = join(dir, folderOf(agent, seed))
  return {
    key,
    elsewhere: {},
    digest: ({ hash }) => digestOf(hash),
    ended: ({ meanReturn, stepsPerSecond }) => ({
      type: 'notice',
      message: `${agent}, seed ${seed}: greedy return ${meanReturn.toFixed(2)}, ${stepsPerSecond} steps/s`,
    }),
    run: async ({ signal }) => {
      const hooks = { signal, clock, onEvent: () => undefined }
      return outcomeOf(await trained(trainConfig(config, agent, seed, out), out, hooks))
    },
  }
}

function trainConfig(config: BenchmarkConfig, agent: string, seed: number, out: string): TrainConfig {
  const {
    agents: _,
    agentConfigs,
    seeds: __,
    workers: ___,
    queue: ____,
    verify: _____,
    overwrite: ______,
    ...shared
  } = config
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
