import { type BasicType, parquetWriteBuffer } from 'hyparquet-writer'
import { envsOf } from './cells.ts'
import type { BenchmarkConfig } from './config.ts'
import type { Outcome } from './outcome.ts'
import { normalized, referenceOf } from './references.ts'

/** One row's value in each column; undefined where its log doesn't say it. */
type Row = Readonly<Record<string, string | number | bigint | undefined>>

const COLUMNS = { env: 'STRING', agent: 'STRING', variant: 'STRING', seed: 'INT64' } as const

/** A comparison as tidy Parquet files, by name: a row a run, a training episode, a greedy episode. */
export function parquetTables(
  config: BenchmarkConfig,
  runs: readonly Outcome[],
): Readonly<Record<`${'runs' | 'episodes' | 'evaluations'}.parquet`, Uint8Array>> {
  return {
    'runs.parquet': parquet(
      { ...COLUMNS, return: 'DOUBLE', score: 'DOUBLE', steps_per_second: 'DOUBLE', hash: 'STRING' },
      runRows(config, runs),
    ),
    'episodes.parquet': parquet(
      { ...COLUMNS, step: 'INT64', return: 'DOUBLE', length: 'INT64' },
      runs.flatMap(episodeRows),
    ),
    'evaluations.parquet': parquet(
      { ...COLUMNS, step: 'INT64', episode: 'INT64', return: 'DOUBLE' },
      runs.flatMap(evaluationRows),
    ),
  }
}

/** Scores are on the scale of the report; of one environment alone, which has none, they are NaN. */
function runRows(config: BenchmarkConfig, runs: readonly Outcome[]): readonly Row[] {
  const row = (run: Outcome, score: number): Row => ({
    ...named(run),
    return: run.meanReturn,
    score,
    steps_per_second: run.stepsPerSecond,
    hash: run.hash,
  })
  if (typeof config.env === 'string') return runs.map(run => row(run, Number.NaN))
  return envsOf(config).flatMap(env => {
    const own = runs.filter(run => run.env === env)
    if (own.length === 0) return []
    const reference = referenceOf(config, own)
    return own.map(run => row(run, normalized(run.meanReturn, reference)))
  })
}

function episodeRows(run: Outcome): readonly Row[] {
  return run.curve.flatMap(({ returns, lengths, ends }) =>
    returns.map((value, i) => ({
      ...named(run),
      step: whole(ends[i]),
      return: value,
      length: whole(lengths[i]),
    })),
  )
}

function evaluationRows(run: Outcome): readonly Row[] {
  return run.evaluations.flatMap(({ step, returns }) =>
    returns.map((value, episode) => ({
      ...named(run),
      step: whole(step),
      episode: BigInt(episode),
      return: value,
    })),
  )
}

/** Steps and lengths; a log of another tool may have means, or none. */
function whole(value: number): bigint | undefined {
  return Number.isFinite(value) ? BigInt(Math.round(value)) : undefined
}

function named({ env, agent, variant, seed }: Outcome): Row {
  return { env, agent, variant, seed: BigInt(seed) }
}

function parquet(columns: Readonly<Record<string, BasicType>>, rows: readonly Row[]): Uint8Array {
  const columnData = Object.entries(columns).map(([name, type]) => {
    const data = rows.map(row => row[name])
    return { name, type, data, nullable: data.includes(undefined) }
  })
  return new Uint8Array(parquetWriteBuffer({ columnData }))
}
