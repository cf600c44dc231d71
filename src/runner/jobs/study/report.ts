import { failedSection } from '../../report/failed.ts'
import { type Html, html, table } from '../../report/html.ts'
import { page } from '../../report/page.ts'
import { decimal, duration, flops, percent, plural, signed } from '../../report/words.ts'
import { costSection } from './report-cost.ts'
import { between, differencesSection, evidenceWords, marginWords } from './report-differences.ts'
import type { ContenderResult, PairedDifference, StudyComparison, StudySummary } from './summary.ts'

/** Ways of fine-tuning on many instances, as one HTML page that needs nothing else. */
export function renderStudyReport(summary: StudySummary): string {
  const { instances, seeds, dir } = summary
  const title = `${plural(summary.contenders.length, 'way')} to fine-tune, ${plural(instances.length, 'instance')}`
  return page(title, `${plural(seeds.length, 'seed')} each; ${dir}`, [
    verdictSection(summary),
    ...failedSection(summary.failed, 'Contenders that failed somewhere are compared nowhere.'),
    costSection(summary),
    numbersSection(summary),
    differencesSection(summary),
    instancesSection(summary),
  ])
}

function verdictSection(summary: StudyComparison): Html {
  const { contenders, differences, evidence, reference } = summary
  const from = differences.filter(pair => pair.from === reference)
  const named = (verdict: PairedDifference['verdict']) =>
    from.filter(pair => pair.verdict === verdict).map(({ of }) => of)
  const [better, worse] = [named('better'), named('worse')]
  const [first] = ranked(contenders)
  const headline =
    better.length > 0
      ? `Better than ${reference}: ${better.join(', ')}`
      : evidence.tooLittle === undefined
        ? `Nothing is better than ${reference} beyond chance`
        : `${first.id} has the highest mean score here; so little supports no claim`
  return html`<section class="verdict ${better.length > 0 ? 'yes' : 'unclear'}" aria-label="Verdict"><p class="headline">${headline}</p>
<p>${evidence.tooLittle ?? `${worse.length === 0 ? 'None is worse' : `Worse: ${worse.join(', ')}`}. Not worse by ${marginWords(summary)} or more: ${listed(notWorse(from))}.`} By test score, which is what each instance’s task counts, paired by instance and seed. ${evidenceWords(evidence)} Budgets differ: see what each cost.</p></section>`
}

function notWorse(differences: readonly PairedDifference[]): readonly string[] {
  return differences.filter(pair => pair.notWorse === true).map(({ of }) => of)
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ')
}

function numbersSection({ contenders }: StudyComparison): Html {
  const order = ranked(contenders)
  return html`<section><h2>The numbers</h2>${table({
    caption:
      'Test score: what each instance’s task counts, such as accuracy or mAP; mean over instances and seeds with its 95 % interval, and interquartile mean. Cost in budgets: of the last run alone, of everything on the instance, and with all that a policy cost to learn. Regret: points below each instance’s best static schedule, known in hindsight only.',
    head: [
      '',
      'score',
      '95 % interval',
      'IQM',
      'loss',
      'one run',
      'everything',
      'learning too',
      'time',
      'regret',
    ],
    rows: order.map(contender => [
      contender.id,
      percent(contender.accuracy),
      between(contender.accuracyInterval),
      percent(contender.iqm),
      decimal(contender.loss),
      decimal(contender.runCost, 2),
      decimal(contender.totalCost, 2),
      decimal(contender.learnedCost, 2),
      duration(contender.seconds),
      contender.regret === undefined ? '-' : signed(100 * contender.regret, 1),
    ]),
  })}
<p>On the Pareto front: ${listed(order.filter(({ onFront }) => onFront).map(({ id }) => id))}. With what policies cost to learn: ${listed(order.filter(({ onLearnedFront }) => onLearnedFront).map(({ id }) => id))}.</p>
${order.flatMap(learningWords)}${order.flatMap(({ id, remarks }) => remarks.map(remark => html`<p>${id}: ${remark}.</p>`))}</section>`
}

/** How a policy or an agent came to know what it does. */
function learningWords({ id, learning, updates }: ContenderResult): readonly Html[] {
  if (learning !== undefined) {
    return [
      html`<p>${id} was learned on other instances, once for all of these: ${plural(learning.episodes, 'episode')}, ${flops(learning.flops)}.</p>`,
    ]
  }
  if (updates === undefined) return []
  const total = Object.values(updates).reduce((a, b) => a + b, 0)
  return [
    html`<p>${id} learned on each instance, by ${plural(total, 'update')} in all${total === 0 ? ': its budget ended before it had the episodes that one takes' : ''}.</p>`,
  ]
}

function instancesSection({ contenders, instances }: StudyComparison): Html {
  const order = ranked(contenders)
  return html`<section><h2>Instance by instance</h2>${table({
    caption: 'Test score in per cent, mean over seeds.',
    head: ['', ...order.map(({ id }) => id)],
    rows: instances.map((instance, i) => {
      const best = Math.max(...order.map(({ byInstance }) => byInstance[i]))
      return [
        instance,
        ...order.map(({ byInstance }) => {
          const text = decimal(100 * byInstance[i], 1)
          return byInstance[i] === best ? html`<strong>${text}</strong>` : text
        }),
      ]
    }),
  })}</section>`
}

function ranked(contenders: readonly ContenderResult[]): readonly ContenderResult[] {
  return [...contenders].sort((a, b) => b.accuracy - a.accuracy)
}
