import type { EChartsOption } from 'echarts'
import { type ContenderResult, MINIMUM_STUDY_SEEDS, type StudySummary } from '../study/summarize.ts'
import { AXIS, COLOURS, chart, shortened } from './chart.ts'
import { decimal, duration, flops, percent, plural, signed } from './format.ts'
import { folded, type Html, html, table } from './html.ts'
import { page } from './page.ts'

/** Ways of fine-tuning on many instances, as one HTML page that needs nothing else. */
export function renderStudyReport(summary: StudySummary): string {
  const { instances, seeds, dir } = summary
  const title = `${plural(summary.contenders.length, 'way')} to fine-tune, ${plural(instances.length, 'instance')}`
  return page(title, `${plural(seeds.length, 'seed')} each; ${dir}`, [
    verdictSection(summary),
    costSection(summary),
    numbersSection(summary),
    differencesSection(summary),
    instancesSection(summary),
  ])
}

function verdictSection({ contenders, differences, seeds }: StudySummary): Html {
  const [first] = ranked(contenders)
  const against = differences.filter(({ of }) => of === first.id)
  const open = against.filter(({ verdict }) => verdict !== 'better')
  const few =
    seeds.length < MINIMUM_STUDY_SEEDS
      ? ` ${plural(seeds.length, 'seed')} ${seeds.length === 1 ? 'supports' : 'support'} no claim: at least ${MINIMUM_STUDY_SEEDS} are needed.`
      : ''
  const headline =
    open.length === 0
      ? `${first.id} is the best`
      : `${first.id} has the highest mean accuracy; ${plural(open.length, 'other')} may be as good`
  return html`<section class="verdict ${open.length === 0 ? 'yes' : 'unclear'}" aria-label="Verdict"><p class="headline">${headline}</p>
<p>By test accuracy, paired by instance and seed. A difference counts where its 95 % interval leaves out zero, with instances and seeds both resampled; intervals are not corrected for the number of comparisons.${few} Budgets differ: see what each cost.</p></section>`
}

/** Accuracy against cost, and who isn't beaten at both. */
export function costSection({ contenders }: StudySummary): Html {
  const kinds = ['schedule', 'search', 'agent', 'policy'] as const
  const colours = {
    schedule: COLOURS.baselines[0],
    search: COLOURS.baselines[1],
    agent: COLOURS.baselines[2],
    policy: COLOURS.policy,
  }
  const symbols = { schedule: 'circle', search: 'rect', agent: 'triangle', policy: 'diamond' }
  const front = contenders.filter(({ onFront }) => onFront).sort((a, b) => a.totalCost - b.totalCost)
  const costs = contenders.map(({ totalCost }) => Math.max(totalCost, 1e-3))
  const option: EChartsOption = {
    legend: {
      top: 0,
      left: 'center',
      itemGap: 34,
      data: [...kinds.filter(kind => contenders.some(c => c.kind === kind)), 'Pareto front'],
    },
    grid: { left: 70, right: 150, top: 44, bottom: 56 },
    xAxis: {
      ...AXIS,
      type: 'log',
      name: 'FLOPs on the instance, search included, in budgets',
      nameLocation: 'middle',
      nameGap: 32,
      min: 10 ** Math.floor(Math.log10(Math.min(...costs))),
      max: 10 ** Math.ceil(Math.log10(Math.max(...costs)) + 0.01),
    },
    yAxis: { ...AXIS, type: 'value', name: 'test accuracy', scale: true },
    series: [
      ...kinds.map(kind => ({
        type: 'scatter' as const,
        name: kind,
        symbol: symbols[kind],
        symbolSize: 12,
        itemStyle: { color: colours[kind] },
        label: { show: true, position: 'right' as const, formatter: '{b}', fontSize: 11, color: COLOURS.ink },
        labelLayout: { hideOverlap: true },
        data: contenders
          .filter(contender => contender.kind === kind)
          .map(({ id, totalCost, accuracy }) => ({
            name: shortened(id, 24),
            value: [Math.max(totalCost, 1e-3), accuracy],
          })),
      })),
      {
        type: 'line',
        name: 'Pareto front',
        showSymbol: false,
        step: 'end',
        lineStyle: { color: COLOURS.soft, type: 'dashed', width: 1.5 },
        itemStyle: { color: COLOURS.soft },
        data: front.map(({ totalCost, accuracy }) => [Math.max(totalCost, 1e-3), accuracy]),
      },
    ],
  }
  return html`<section><h2>Accuracy against cost</h2>${chart({
    id: 'pareto',
    title: 'Test accuracy against everything that it cost on the instance',
    description:
      'Means over instances and seeds. One budget is what full fine-tuning costs; the axis is logarithmic. What policies cost to learn on other instances is in the table below.',
    height: 430,
    option,
  })}</section>`
}

function numbersSection({ contenders }: StudySummary): Html {
  const order = ranked(contenders)
  return html`<section><h2>The numbers</h2>${table({
    caption:
      'Test accuracy: mean over instances and seeds with its 95 % interval, and interquartile mean. Cost in budgets, of the last run alone and of everything on the instance. Regret: points below each instance’s best static schedule, known in hindsight only.',
    head: ['', 'accuracy', '95 % interval', 'IQM', 'loss', 'one run', 'everything', 'time', 'regret'],
    rows: order.map(contender => [
      contender.id,
      percent(contender.accuracy),
      between(contender.accuracyInterval),
      percent(contender.iqm),
      decimal(contender.loss),
      decimal(contender.runCost, 2),
      decimal(contender.totalCost, 2),
      duration(contender.seconds),
      contender.regret === undefined ? '-' : signed(100 * contender.regret, 1),
    ]),
  })}
<p>On the Pareto front: ${order
    .filter(({ onFront }) => onFront)
    .map(({ id }) => id)
    .join(', ')}.</p>
${order.flatMap(learningWords)}</section>`
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

function differencesSection({ differences, reference }: StudySummary): Html {
  const rows = (some: StudySummary['differences']) =>
    [...some]
      .sort((a, b) => b.accuracy - a.accuracy)
      .map(({ of, from, accuracy, accuracyInterval, loss, probabilityOfImprovement, verdict }) => [
        `${of} − ${from}`,
        signed(100 * accuracy, 1),
        between(accuracyInterval),
        signed(loss),
        percent(probabilityOfImprovement),
        verdict,
      ])
  const head = ['', 'points', '95 % interval', 'loss', 'improves', '']
  const caption = 'Differences in test accuracy, paired by instance and seed.'
  return html`<section><h2>Differences from ${reference}</h2>${table({
    caption,
    head,
    words: [5],
    rows: rows(differences.filter(({ from }) => from === reference)),
  })}${folded('All differences', table({ caption, head, words: [5], rows: rows(differences) }))}</section>`
}

function instancesSection({ contenders, instances }: StudySummary): Html {
  const order = ranked(contenders)
  return html`<section><h2>Instance by instance</h2>${table({
    caption: 'Test accuracy in per cent, mean over seeds.',
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

/** Of shares, in points. */
function between([low, high]: readonly [number, number]): string {
  return `${decimal(100 * low, 1)} to ${decimal(100 * high, 1)}`
}
