import { join } from 'node:path'
import Table from 'cli-table3'
import { flops, percent, plural, signed } from '../../report/words.ts'
import type { TabulateSummary } from './summary.ts'

/** A table's end for people. */
export function tabulateWords(summary: TabulateSummary): string {
  const { players, best, metric, runs, rounds, runDir } = summary
  const table = new Table({
    head: ['', 'return', 'regret', `test ${metric}`],
    style: { head: [], border: [] },
  })
  for (const { name, return: sum, regret, test } of players)
    table.push([name, signed(sum), signed(regret), percent(test.primary)])
  return [
    `${plural(runs, 'run')} in a tree of ${plural(rounds, 'round')}, ${flops(summary.flops)}`,
    table.toString(),
    `the best return: ${best[0].choices.join(', ')}`,
    `replay: layergym train --env layergym/Table-v0 --env-options '{"table":"${summary.table}"}'`,
    `report: ${join(runDir, 'report.html')}`,
  ].join('\n')
}
