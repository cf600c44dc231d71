import { join } from 'node:path'
import Table from 'cli-table3'
import { integer, integerIfKnown } from '../../report/words.ts'
import type { BenchmarkSummary } from './summary.ts'

/** A comparison's end for people. */
export function benchmarkWords(summary: BenchmarkSummary): string {
  const table = new Table({
    head: ['agent', returnWord(summary), '95 % interval', 'interquartile mean', 'solved', 'steps/s'],
    style: { head: [], border: [] },
  })
  for (const { agent, runs, mean, interval, iqm, solved, stepsPerSecond } of summary.agents) {
    table.push([
      agent,
      mean.toFixed(2),
      between(interval),
      iqm.toFixed(2),
      solved === undefined ? '-' : `${solved} of ${runs.length}`,
      integerIfKnown(stepsPerSecond),
    ])
  }
  const differences = summary.differences.map(
    ({ of, from, mean, interval, better }) =>
      `${of} − ${from}: ${mean.toFixed(2)} (95 %: ${between(interval)})${better ? ' better' : ''}`,
  )
  return [
    `${summary.env}, ${integer(summary.steps)} steps, ${summary.seeds.length} seeds`,
    table.toString(),
    ...differences,
    ...summary.failed.map(({ unit, cause }) => `failed: ${unit}: ${cause}`),
    `report: ${join(summary.dir, 'report.html')}`,
  ].join('\n')
}

/** What runs are compared by, in a word. */
export function returnWord({ measured }: Pick<BenchmarkSummary, 'measured'>): string {
  return measured === undefined ? 'greedy return' : 'return'
}

function between(interval: readonly [number, number] | undefined): string {
  return interval === undefined ? '-' : `${interval[0].toFixed(2)} to ${interval[1].toFixed(2)}`
}
