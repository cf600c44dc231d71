import { join } from 'node:path'
import Table from 'cli-table3'
import { decimal, integer, plural } from '../../../report/words.ts'
import { intervalWords } from '../figures.ts'
import { type Estimate, type MatrixSummary, partialOf } from './summary.ts'
import { headlineOf } from './verdict.ts'

/** The end of a comparison over several environments, for people. */
export function matrixWords(summary: MatrixSummary): string {
  const { aggregates, environments, improvements } = summary
  const table = new Table({
    head: ['agent', 'interquartile mean', 'mean', 'optimality gap', ...environments.map(({ env }) => env)],
    style: { head: [], border: [] },
  })
  const returnsOf = (agent: string) =>
    environments.map(({ agents }) => {
      const value = agents.find(own => own.agent === agent)?.mean
      return value === undefined ? '-' : decimal(value, 2)
    })
  for (const { agent, interquartileMean, mean, optimalityGap } of aggregates)
    table.push([agent, ...[interquartileMean, mean, optimalityGap].map(between), ...returnsOf(agent)])
  for (const agent of partialOf(summary)) table.push([agent, '-', '-', '-', ...returnsOf(agent)])
  return [
    `${plural(environments.length, 'environment')}, ${integer(summary.steps)} steps, ${plural(summary.seeds.length, 'seed')}`,
    table.toString(),
    ...improvements.map(
      ({ of, from, mean, interval, better }) =>
        `${of} − ${from}: ${between({ value: mean, interval })}${better ? ' better' : ''}`,
    ),
    headlineOf(summary).headline,
    ...summary.failed.map(({ unit, cause }) => `failed: ${unit}: ${cause}`),
    `report: ${join(summary.dir, 'report.html')}`,
  ].join('\n')
}

function between({ value, interval }: Estimate): string {
  const own = decimal(value, 2)
  return interval === undefined ? own : `${own} (${intervalWords(interval)})`
}
