/**
 * Raw outcomes of fine-tuning runs on boxes or masks, from their folders: one JSON line a final run, with what each test
 * item counts, one a search of learning rates, and one of the recordings that the items are of.
 *
 *   npx tsx bench/tasks.ts RUN... > docs/results/raw/tasks.jsonl
 */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { loadDataset } from '../src/data/load.ts'
import { splitDataset } from '../src/data/split.ts'
import { annotatedStratum } from '../src/data/strata.ts'
import type { WholeConfig } from '../src/runner/instances/config.ts'
import type { FineTuneSummary } from '../src/runner/jobs/fine-tune/summary.ts'

/** Of a run on boxes or masks. */
type Summary = Pick<FineTuneSummary, 'baselines' | 'executor'> & { readonly config: WholeConfig }

/** What a final run's file says of it. */
interface FinalOutcome {
  readonly outcome: {
    readonly run: { readonly test: TestOutcome; readonly flops: number; readonly seconds: number }
  }
}

interface TestOutcome {
  readonly points: readonly number[]
  readonly losses: readonly number[]
  readonly score: {
    readonly primary: number
    readonly loss: number
    readonly parts: Readonly<Record<string, number>>
  }
}

const DIGITS = 6

for (const folder of process.argv.slice(2)) await collect(folder)

async function collect(folder: string): Promise<void> {
  const { config, baselines, executor } = read<Summary>(folder, 'summary.json')
  const { baselineSeeds, data, seed, groupColumn } = config
  const dataset = await loadDataset(data, { groupColumn })
  const { test } = splitDataset(dataset, { seed, stratum: annotatedStratum(dataset) }).splits
  const put = (line: object) =>
    process.stdout.write(`${JSON.stringify({ data: basename(data), run: basename(folder), ...line })}\n`)
  put({ units: test.map(({ group, id }) => group ?? id), executor, episodes: config.episodes })
  for (const contender of ['policy', ...config.baselines])
    for (let i = 0; i < baselineSeeds; i++) put({ contender, ...finalRun(folder, contender, seed + 2 + i) })
  for (const contender of config.baselines) put({ search: contender, tried: baselines[contender].tried })
}

function finalRun(folder: string, contender: string, seed: number) {
  const { run } = read<FinalOutcome>(folder, join('outcomes', `${contender}@${seed}.json`)).outcome
  const { points, losses, score } = run.test
  const short = (values: readonly number[]) => values.map(value => Number(value.toPrecision(DIGITS)))
  const { primary, parts } = score
  return {
    ...{ seed, primary, loss: score.loss, ap50: parts.ap50, pixelAccuracy: parts.pixelAccuracy },
    ...{ flops: run.flops, points: short(points), losses: short(losses) },
  }
}

function read<T>(...path: readonly string[]): T {
  return JSON.parse(readFileSync(join(...path), 'utf8'))
}
