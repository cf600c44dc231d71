/**
 * The tables and the figure of docs/results/hierarchy.md, from the folder of a `layergym study`:
 *   npx tsx bench/tables/study.ts runs/DIR [--from 'CONTENDER + …'] [--without INSTANCE,…]
 *     [--tried 'CONTENDER + …'] [--figure FILE.svg]
 * What is claimed is corrected for the comparisons that the table shows; intervals are not.
 * --tried adds what trying several contenders comes to: all are paid, the lowest reward-split loss is kept.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { total } from '../../src/common/cost.ts'
import { parseContenders, type StudyConfig } from '../../src/runner/jobs/study/config.ts'
import type { Outcome } from '../../src/runner/jobs/study/outcome.ts'
import { costSection } from '../../src/runner/jobs/study/report-cost.ts'
import { claimWords, evidenceWords } from '../../src/runner/jobs/study/report-differences.ts'
import { summarizeStudy } from '../../src/runner/jobs/study/summarize.ts'
import { decimal, signed } from '../../src/runner/report/words.ts'
import { decode } from '../../src/runner/runs/codec.ts'
import type { Done } from '../../src/runner/runs/units.ts'
import { table } from '../support/measure.ts'

const text = { type: 'string' } as const
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { from: text, without: text, tried: text, figure: text },
})
const [dir] = positionals
const config = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as StudyConfig
const outcomes = readdirSync(join(dir, 'outcomes'))
  .flatMap(name => {
    // Of earlier studies a file is the outcome itself.
    const file = decode(readFileSync(join(dir, 'outcomes', name), 'utf8')) as Outcome | Done<Outcome>
    return 'key' in file ? (file.outcome ?? []) : [file]
  })
  .filter(({ instance }) => !(values.without ?? '').split(',').includes(instance))
const contenders = { ...config.contenders }
if (values.tried !== undefined) {
  const names = listed(values.tried)
  const missing = names.find(name => contenders[name] === undefined)
  if (missing !== undefined)
    throw new Error(`no contender '${missing}': ${Object.keys(contenders).join('; ')}`)
  outcomes.push(...tried(values.tried, names))
  contenders[values.tried] = contenders[names[0]]
}
const from =
  values.from === undefined ? [config.reference ?? Object.keys(contenders)[0]] : listed(values.from)
const summary = summarizeStudy(dir, config, parseContenders(contenders), outcomes, new Map(), pair =>
  from.includes(pair.from),
)
const ranked = [...summary.contenders].sort((a, b) => b.primary - a.primary)
const heads = from.map(id => `points from ${id} (95 %)`)
const rows = ranked.map(
  ({ id, primary, loss, runCost, totalCost, seconds, regret = Number.NaN, onFront }) => [
    onFront ? `**${id}**` : id,
    percent(primary),
    loss.toFixed(3),
    runCost.toFixed(2),
    totalCost.toFixed(2),
    seconds.toFixed(1),
    percent(regret),
    ...from.map(reference => difference(id, reference)),
  ],
)
print(table(['', summary.metric, 'loss', 'one run', 'everything', 's', 'regret', ...heads], rows))
print(summary.evidence.tooLittle ?? evidenceWords(summary.evidence))
for (const { id, remarks } of ranked) for (const remark of remarks) print(`- ${id}: ${remark}`)
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

/** On each instance with each seed the best of several by the reward split, at the cost of them all. */
function tried(contender: string, names: readonly string[]): readonly Outcome[] {
  const units = outcomes.filter(outcome => outcome.contender === names[0])
  return units.map(({ instance, seed }) => {
    const runs = outcomes.filter(
      outcome => outcome.instance === instance && outcome.seed === seed && names.includes(outcome.contender),
    )
    const best = runs.reduce((a, b) => (b.rewardLoss < a.rewardLoss ? b : a))
    return { ...best, contender, total: total(runs.map(run => run.total)) }
  })
}

function difference(of: string, reference: string): string {
  const pair = summary.differences.find(candidate => candidate.of === of && candidate.from === reference)
  if (pair === undefined) return '-'
  const [low, high] = pair.primaryInterval
  const words = `${points(pair.primary)} (${points(low)} to ${points(high)})`
  const claim = claimWords(pair)
  return claim === 'undecided' ? words : `${words} ${claim}`
}

/** Names may have commas. */
function listed(names: string): readonly string[] {
  return names.split('+').map(name => name.trim())
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
