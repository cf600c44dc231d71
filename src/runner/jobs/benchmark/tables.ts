import type { BenchmarkConfig } from './config.ts'
import type { Outcome } from './outcome.ts'
import { parquetTables } from './parquet.ts'
import { tidyTable } from './table.ts'

/** The files of `tablesOf`. */
export const TABLES = ['results.csv', 'runs.parquet', 'episodes.parquet', 'evaluations.parquet'] as const

/** A comparison's figures as tidy tables, by the name of the file: Parquet, and a CSV for whoever has none. */
export function tablesOf(
  config: BenchmarkConfig,
  runs: readonly Outcome[],
): Readonly<Record<(typeof TABLES)[number], string | Uint8Array>> {
  return { 'results.csv': tidyTable(runs), ...parquetTables(config, runs) }
}
