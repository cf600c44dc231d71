import { join } from 'node:path'
import Table from 'cli-table3'
import { decimal, percent, plural, signed } from '../../report/words.ts'
import { claimWords, evidenceWords } from './report-differences.ts'
import type { StudySummary } from './summary.ts'

/** A study's end for people. */
export function studyWords(summary: StudySummary): string {
  const { dir, contenders, differences, reference, instances, seeds, evidence, failed } = summary
  const table = new Table({
    head: ['', 'score', `points from ${reference}`, 'cost, in budgets', 'regret'],
    style: { head: [], border: [] },
  })
  for (const { id, accuracy, totalCost, regret } of [...contenders].sort((a, b) => b.accuracy - a.accuracy)) {
    const difference = differences.find(pair => pair.of === id && pair.from === reference)
    const [low, high] = difference?.accuracyInterval ?? [0, 0]
    table.push([
      id,
      percent(accuracy),
      difference === undefined
        ? '-'
        : `${signed(100 * difference.accuracy, 1)} (${signed(100 * low, 1)} to ${signed(100 * high, 1)}) ${claimWords(difference)}`,
      decimal(totalCost, 2),
      regret === undefined ? '-' : signed(100 * regret, 1),
    ])
  }
  return [
    `${plural(instances.length, 'instance')}, ${plural(seeds.length, 'seed')}`,
    table.toString(),
    evidence.tooLittle ?? evidenceWords(evidence),
    ...failed.map(({ unit, cause }) => `failed: ${unit}: ${cause}`),
    `report: ${join(dir, 'report.html')}`,
  ].join('\n')
}
