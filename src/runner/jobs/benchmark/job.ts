import { join } from 'node:path'
import type { Clock } from '../../play/roles.ts'
import { pluginFingerprints } from '../../plugins/fingerprint.ts'
import { digestOf } from '../../runs/digest.ts'
import { begin } from '../../runs/drive.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import { concluded, type JobKind, type Plan, type Running, type Unit } from '../../runs/job.ts'
import { originOf } from '../../runs/origin.ts'
import { performAll } from '../../runs/perform-all.ts'
import { withCrew } from '../../workers/crew.ts'
import { withAbsolutePaths } from '../train/config.ts'
import { type Cell, cellsOf, trainConfig } from './cells.ts'
import { checked } from './checked.ts'
import { type BenchmarkConfig, benchmarkSchema } from './config.ts'
import { renderMatrixReport } from './matrix/report.ts'
import { summarizeMatrix } from './matrix/summarize.ts'
import type { MatrixSummary } from './matrix/summary.ts'
import { matrixWords } from './matrix/words.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { renderBenchmarkReport } from './report.ts'
import { type BenchmarkOutcomes, summarizeBenchmark } from './summarize.ts'
import type { BenchmarkSummary } from './summary.ts'
import { tablesOf } from './tables.ts'
import { trained } from './trained.ts'
import { benchmarkWords } from './words.ts'

/** Of one environment, or of several. */
export type BenchmarkResult = BenchmarkSummary | MatrixSummary

/** Every contender with every seed in every environment: a training run each. */
export const benchmarkJob: JobKind<BenchmarkConfig, BenchmarkOutcomes, BenchmarkResult> = {
  id: 'benchmark',
  schema: benchmarkSchema,
  prepare,
  hands: async (config, { dir, clock }) => {
    const cells = new Map(cellsOf(config).map(cell => [cell.key, cell]))
    return { unit: key => unitOf(config, cells.get(key) as Cell, dir, clock) }
  },
  summarize: (outcomes, facts) =>
    typeof outcomes.config.env === 'string'
      ? summarizeBenchmark(outcomes, facts)
      : summarizeMatrix(outcomes, facts),
  report: summary =>
    'environments' in summary ? renderMatrixReport(summary) : renderBenchmarkReport(summary),
  words: summary => ('environments' in summary ? matrixWords(summary) : benchmarkWords(summary)),
}

/** A new comparison: refuses a folder that exists. */
export async function benchmark(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
): Promise<BenchmarkResult> {
  return concluded(await begin(benchmarkJob, values, withCrew(hooks)))
}

async function prepare(given: BenchmarkConfig): Promise<Plan<BenchmarkConfig, BenchmarkOutcomes>> {
  const { config, versions } = await checked(withAbsolutePaths(given))
  const { engine, threads, plugin } = config
  return {
    config,
    origin: originOf({ name: engine, threads, versions }, await pluginFingerprints(plugin)),
    work: run => compared(config, run),
  }
}

async function compared(config: BenchmarkConfig, run: Running): Promise<BenchmarkOutcomes> {
  const units = cellsOf(config).map(cell => unitOf(config, cell, run.dir, run.clock))
  run.emit({ type: 'phase', phase: 'runs', total: units.length })
  const all = await performAll(run, units, true)
  const runs = all.flatMap(({ outcome }) => outcome ?? [])
  for (const [name, content] of Object.entries(tablesOf(config, runs))) await run.write(name, content)
  return {
    config,
    runs,
    failed: all.flatMap(({ key, failure }) => (failure === undefined ? [] : [{ unit: key, cause: failure }])),
  }
}

function unitOf(config: BenchmarkConfig, cell: Cell, dir: string, clock: Clock): Unit<Outcome> {
  const out = join(dir, cell.folder)
  const { contender, seed, env } = cell
  const where = typeof config.env === 'string' ? '' : `${env}, `
  return {
    key: cell.key,
    elsewhere: {},
    digest: ({ hash }) => digestOf(hash),
    ended: ({ meanReturn, stepsPerSecond }) => ({
      type: 'notice',
      message: `${where}${contender.name}, seed ${seed}: greedy return ${meanReturn.toFixed(2)}, ${stepsPerSecond} steps/s`,
    }),
    run: async ({ signal }) => {
      const hooks = { signal, clock, onEvent: () => undefined }
      return outcomeOf(await trained(trainConfig(config, cell, out), out, hooks), contender)
    },
  }
}
