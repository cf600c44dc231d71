import type { EChartsOption } from 'echarts'
import { AXIS, COLOURS, chart, LEGEND } from '../../report/chart.ts'
import { type Html, html, table } from '../../report/html.ts'
import { page } from '../../report/page.ts'
import { decimal, flops, integer, learningRate, percent, plural, signed } from '../../report/words.ts'
import type { TabulateOutcomes, TabulateSummary } from './summary.ts'
import { returnsOf } from './tree.ts'

/** A tree of courses as one HTML page that needs nothing else. */
export function renderTabulateReport(summary: TabulateSummary, { tree }: TabulateOutcomes): string {
  const { runs, runDir } = summary
  return page(`Every course of ${plural(runs, 'run')}`, runDir, [
    bestSection(summary),
    playersSection(summary),
    returnsSection(summary, [...returnsOf(tree).values()]),
    firstSection(summary),
    coursesSection(summary),
    choicesSection(summary),
  ])
}

function bestSection({ best, depth, roundSteps, rounds, ...summary }: TabulateSummary): Html {
  const [{ choices, return: sum }] = best
  return html`<section class="verdict yes" aria-label="Result"><p class="headline">The best return is ${signed(sum)}: ${choices.join(', ')}</p>
<p>${plural(Object.keys(summary.choices).length, 'choice')} in each of ${plural(depth, 'round')} of ${plural(roundSteps, 'step')}: a tree of ${plural(rounds, 'round')}, each trained once, ${flops(summary.flops)}. It is the highest of all on the reward split, with this seed: how far it would stand out with another isn't known from it.</p></section>`
}

function playersSection({ players, metric }: TabulateSummary): Html {
  return html`<section><h2>Ways to choose</h2>${table({
    caption: `Return: what all rounds paid. Regret: how far that is below the best. Greedy takes what pays most in the next round. The test split chose nothing; its ${metric} is that of the model at each run's best moment.`,
    head: ['', 'return', 'regret', `test ${metric}`, 'test loss'],
    rows: players.map(({ name, return: sum, regret, test }) => [
      name,
      signed(sum),
      decimal(regret),
      percent(test.primary),
      decimal(test.loss),
    ]),
  })}</section>`
}

function returnsSection({ players }: TabulateSummary, returns: readonly number[]): Html {
  const sorted = returns.toSorted((a, b) => b - a)
  const colours = [COLOURS.policy, ...COLOURS.baselines]
  const ranks = players.map(({ return: sum }) => sorted.filter(value => value > sum).length + 1)
  const option: EChartsOption = {
    // As many lines as there are ways to choose.
    legend: {
      ...LEGEND,
      ...({ orient: 'vertical', left: 'right', itemGap: 12 } as const),
      textStyle: { ...LEGEND.textStyle, width: 170, overflow: 'truncate' },
      data: players.map(({ name }) => name),
    },
    grid: { left: 64, right: 240, top: 40, bottom: 50 },
    xAxis: { ...AXIS, type: 'value', name: 'rank', nameLocation: 'middle', nameGap: 30, min: 1 },
    yAxis: { ...AXIS, type: 'value', name: 'return', scale: true },
    series: [
      {
        type: 'line',
        showSymbol: false,
        itemStyle: { color: COLOURS.frozen },
        data: sorted.map((value, i) => [i + 1, value]),
      },
      ...players.map(({ name, return: sum }, i) => ({
        type: 'scatter' as const,
        name,
        symbolSize: 9,
        itemStyle: { color: colours[i % colours.length] },
        data: [[ranks[i], sum]],
      })),
    ],
  }
  return html`<section><h2>All returns</h2>${chart({
    id: 'returns',
    title: 'Returns of all courses, the highest first',
    description: `Returns of all ${integer(sorted.length)} courses, the highest first; points: where the ways to choose above come out.`,
    height: 360,
    option,
  })}</section>`
}

function firstSection({ first }: TabulateSummary): Html {
  return html`<section><h2>First choices</h2>${table({
    caption:
      'What the first round pays, and what the whole run comes to with the best choices after it, and with random ones.',
    head: ['', 'its reward', 'best return', 'mean return'],
    rows: first.map(({ choice, reward, best, mean }) => [choice, signed(reward), signed(best), signed(mean)]),
  })}</section>`
}

function coursesSection({ best, metric }: TabulateSummary): Html {
  return html`<section><h2>The best courses</h2>${table({
    caption: 'The highest returns. Score: on the reward split, at the best moment.',
    head: ['', 'return', 'score', `test ${metric}`],
    rows: best.map(({ choices, return: sum, score, test }) => [
      choices.join(', '),
      signed(sum),
      decimal(score),
      percent(test.primary),
    ]),
  })}</section>`
}

function choicesSection({ choices }: TabulateSummary): Html {
  const [[, { length: groups }]] = Object.entries(choices)
  return html`<section><h2>Choices</h2>${table({
    caption:
      "A round's learning rate of each group, the head last; the run's shape of rates is on top of it.",
    head: ['', ...Array.from({ length: groups }, (_, group) => `group ${group + 1}`)],
    rows: Object.entries(choices).map(([name, rates]) => [name, ...rates.map(learningRate)]),
  })}</section>`
}
