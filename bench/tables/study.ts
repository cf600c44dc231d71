/**
 * The tables and the figure of docs/results/hierarchy.md, from the folder of a `layergym study`:
 *   npx tsx bench/tables/study.ts runs/DIR [--from CONTENDER,…] [--without INSTANCE,…] [--figure FILE.svg]
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { decimal, signed } from '../../src/runner/report/format.ts'
import { costSection } from '../../src/runner/report/study-report.ts'
import { parseContenders, type StudyConfig } from '../../src/runner/study/config.ts'
import type { Outcome } from '../../src/runner/study/outcome.ts'
import { summarizeStudy } from '../../src/runner/study/summarize.ts'
import { table } from '../support/measure.ts'

const text = { type: 'string' } as const
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { from: text, without: text, figure: text },
})
const [dir] = positionals
const config = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as StudyConfig
const outcomes = readdirSync(join(dir, 'outcomes'))
  .map(name => JSON.parse(readFileSync(join(dir, 'outcomes', name), 'utf8')) as Outcome)
  .filter(({ instance }) => !(values.without ?? '').split(',').includes(instance))
const summary = summarizeStudy(dir, config, parseContenders(config.contenders), outcomes, new Map())
const ranked = [...summary.contenders].sort((a, b) => b.accuracy - a.accuracy)
const from = values.from?.split(',').map(name => name.trim()) ?? [summary.reference]

const heads = from.map(id => `points from ${id} (95 %)`)
const rows = ranked.map(
  ({ id, accuracy, loss, runCost, totalCost, seconds, regret = Number.NaN, onFront }) => [
    onFront ? `**${id}**` : id,
    percent(accuracy),
    loss.toFixed(3),
    runCost.toFixed(2),
    totalCost.toFixed(2),
    seconds.toFixed(1),
    percent(regret),
    ...from.map(reference => difference(id, reference)),
  ],
)
print(table(['', 'accuracy', 'loss', 'one run', 'everything', 's', 'regret', ...heads], rows))
if (summary.instances.length > 1) {
  print(
    table(
      ['', ...ranked.map(({ id }) => id)],
      summary.instances.map((instance, i) => [
        instance,
        ...ranked.map(({ byInstance }) => percent(byInstance[i])),
      ]),
    ),
  )
}
if (values.figure !== undefined) {
  const [svg] = /<svg.*<\/svg>/s.exec(costSection(summary).text) ?? ['']
  writeFileSync(values.figure, `${svg}\n`)
}

function difference(of: string, reference: string): string {
  const pair = summary.differences.find(candidate => candidate.of === of && candidate.from === reference)
  if (pair === undefined) return '-'
  const [low, high] = pair.accuracyInterval
  const words = `${points(pair.accuracy)} (${points(low)} to ${points(high)})`
  return pair.verdict === 'undecided' ? words : `${words} ${pair.verdict}`
}

/** Of a share. */
function percent(share: number): string {
  return decimal(100 * share, 1)
}

function points(share: number): string {
  return signed(100 * share, 1)
}

function print(text: string): void {
  process.stdout.write(`${text}\n\n`)
}
