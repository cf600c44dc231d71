import type { EChartsOption } from 'echarts'
import { AXIS, COLOURS, chart, shortened } from '../../report/chart.ts'
import { type Html, html } from '../../report/html.ts'
import type { StudyComparison } from './summary.ts'

const LEARNED = 'policy, its learning counted'

/** Accuracy against cost, and who isn't beaten at both. */
export function costSection({ contenders }: Pick<StudyComparison, 'contenders'>): Html {
  const kinds = ['schedule', 'search', 'agent', 'policy'] as const
  const colours = {
    schedule: COLOURS.baselines[0],
    search: COLOURS.baselines[1],
    agent: COLOURS.baselines[2],
    policy: COLOURS.policy,
  }
  const symbols = { schedule: 'circle', search: 'rect', agent: 'triangle', policy: 'diamond' }
  const front = contenders.filter(({ onFront }) => onFront).sort((a, b) => a.totalCost - b.totalCost)
  const costs = contenders.flatMap(({ totalCost, learnedCost }) =>
    [totalCost, learnedCost].map(cost => Math.max(cost, 1e-3)),
  )
  const learned = contenders.filter(({ learning }) => learning !== undefined)
  const option: EChartsOption = {
    legend: {
      top: 0,
      left: 'center',
      itemGap: 34,
      data: [
        ...kinds.filter(kind => contenders.some(c => c.kind === kind)),
        ...(learned.length > 0 ? [LEARNED] : []),
        'Pareto front',
      ],
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
    yAxis: { ...AXIS, type: 'value', name: 'test score', scale: true },
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
        type: 'scatter' as const,
        name: LEARNED,
        symbol: 'emptyDiamond',
        symbolSize: 12,
        itemStyle: { color: COLOURS.policy },
        data: learned.map(({ id, learnedCost, accuracy }) => ({
          name: shortened(id, 24),
          value: [learnedCost, accuracy],
        })),
      },
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
    title: 'Test score against everything that it cost on the instance',
    description:
      'Means over instances and seeds. One budget is what full fine-tuning costs; the axis is logarithmic. A hollow diamond is a policy with all that it cost to learn on other instances, as if this were its only use.',
    height: 430,
    option,
  })}</section>`
}
