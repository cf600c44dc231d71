import { join } from 'node:path'
import Table from 'cli-table3'
import type { Command } from 'commander'
import { benchmarkSchema } from '../runner/jobs/benchmark/config.ts'
import type { BenchmarkSummary } from '../runner/jobs/benchmark/summary.ts'
import { integer } from '../runner/report/words.ts'
import type { Io } from './command.ts'
import { addRun } from './watched.ts'

/** `layergym benchmark`: several agents, several seeds, one environment, and what differs beyond chance. */
export function benchmarkCommand(program: Command, io: Io): void {
  const command = program
    .command('benchmark')
    .description('train several agents with several seeds in one environment, and compare them')
  addRun(command, io, benchmarkSchema, benchmarkWords, async (settings, hooks) => {
    const { benchmark } = await import('../runner/jobs/benchmark/benchmark.ts')
    return benchmark(settings, hooks)
  })
}

/** A comparison's end for people. */
export function benchmarkWords(summary: BenchmarkSummary): string {
  const table = new Table({
    head: ['agent', 'greedy return', '95 % interval', 'interquartile mean', 'solved', 'steps/s'],
    style: { head: [], border: [] },
  })
  for (const { agent, runs, mean, interval, iqm, solved, stepsPerSecond } of summary.agents) {
    table.push([
      agent,
      mean.toFixed(2),
      between(interval),
      iqm.toFixed(2),
      solved === undefined ? '-' : `${solved} of ${runs.length}`,
      integer(stepsPerSecond),
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
    `report: ${join(summary.dir, 'report.html')}`,
  ].join('\n')
}

function between(interval: readonly [number, number] | undefined): string {
  return interval === undefined ? '-' : `${interval[0].toFixed(2)} to ${interval[1].toFixed(2)}`
}
