import { table } from '../support/measure.ts'
import {
  againstDefaultTable,
  bestRoundTable,
  byPairTable,
  momentsTable,
  quantitiesTable,
} from './quantity-tables.ts'
import { mean, one, two } from './ranking.ts'
import type { Row } from './rows.ts'
import { headsTable, sharesTable, sizesTable } from './split-tables.ts'
import { ceiling, halves, last, type Pair, pairsOf } from './verdicts.ts'

/** The tables of docs/results/selection.md by name, as Markdown. */
export function selectionTables(rows: readonly Row[]): Readonly<Record<string, string>> {
  const pairs = pairsOf(rows)
  const { choosing, confirming } = halves(pairs)
  return {
    pairs: pairsTable(pairs),
    quantities: quantitiesTable(choosing, confirming),
    'against the default': againstDefaultTable(pairs),
    'best round': bestRoundTable(pairs),
    moments: momentsTable(pairs),
    'by pair': byPairTable(pairs),
    'reward split': sizesTable(pairs),
    'cross-validation': headsTable(pairs),
    shares: sharesTable(rows),
  }
}

function pairsTable(pairs: readonly Pair[]): string {
  return table(
    [
      'data',
      'network',
      'clips (recordings): train',
      'reward',
      'test',
      'runs',
      'past 3 ln C, their test score',
      'test score: least',
      'median',
      'most',
      'ceiling',
    ],
    pairs.map(({ row, runs, diverged }) => {
      const tests = runs.map(run => 100 * last(run).test).sort((a, b) => a - b)
      const past = runs.filter(run => -last(run).quantities.loss > 3 * Math.log(row.classes))
      return [
        row.data,
        row.network,
        `${row.clips.train} (${row.recordings.train})`,
        `${row.clips.reward} (${row.recordings.reward})`,
        `${row.clips.test} (${row.recordings.test})`,
        diverged === 0 ? runs.length : `${runs.length}, ${diverged} not finite`,
        past.length === 0 ? '' : `${past.length}: ${one(100 * mean(past.map(run => last(run).test)))}`,
        one(tests[0]),
        one(tests[tests.length >> 1]),
        one(tests[tests.length - 1]),
        two(ceiling(runs)),
      ]
    }),
  )
}
