import type { EChartsOption } from 'echarts'
import { AXIS, COLOURS, chart, shortened } from '../../../report/chart.ts'
import { type Html, html, table } from '../../../report/html.ts'
import { decimal, plural, pWords, scheduleLabel, signed } from '../../../report/words.ts'
import { claimOf } from '../rivals.ts'
import type { FineTuneSummary } from '../summary.ts'

/** Paired differences with their intervals: what the verdict rests on. */
export function differencesSection(summary: FineTuneSummary): Html {
  const { metric } = summary.task
  const comparisons = Object.entries(summary.comparison)
    .filter(([name]) => Object.hasOwn(summary.baselines, name))
    .map(([name, comparison]) => ({
      ...comparison,
      label: scheduleLabel(name),
      claim: claimOf({ schedule: summary.baselines[name], comparison }),
    }))
  if (comparisons.length === 0)
    return html`<section><h2>Differences</h2><p>There is nothing to compare with: no baseline was run.</p></section>`
  return html`<section><h2>Differences: learned policy minus baseline</h2>${chart({
    id: 'differences',
    title: 'Paired differences between the learned policy and the baselines',
    description:
      'Dots are mean differences, bars 95 % intervals over test clips and seeds, each by itself. A bar that crosses 0 claims nothing; colours say what is claimed, corrected for the number of comparisons.',
    height: 110 + 46 * comparisons.length,
    option: differencesOption(comparisons, metric),
  })}${table({
    caption: `Policy minus baseline at equal FLOPs, in ${metric} and loss, over ${plural(comparisons[0].clips, 'test clip')} and ${plural(comparisons[0].seeds, 'seed')}, with 95 % intervals, each by itself. Claims go by the adjusted p: Holm’s, over both figures of all baselines; over a baseline with a caveat no gain is claimed. Detectable: the least true difference in ${metric} that so many clips and seeds would have shown in four of five cases.`,
    head: [
      'baseline',
      'policy is',
      `${metric}, points`,
      'interval',
      'adjusted p',
      'detectable',
      'loss',
      'interval',
    ],
    words: [1],
    rows: comparisons.map(row => [
      row.label,
      row.claim,
      signed(100 * row.accuracyDifference, 1),
      interval(row.accuracyInterval, 100, 1),
      pWords(row.adjusted),
      row.detectable > 0 ? decimal(100 * row.detectable, 1) : '-',
      signed(row.lossDifference),
      interval(row.lossInterval, 1, 3),
    ]),
  })}</section>`
}

type LabelledComparison = FineTuneSummary['comparison'][string] & {
  readonly label: string
  readonly claim: string
}

const VERDICT_COLOUR = { better: '#1d7a3a', worse: '#a12a1d', undecided: COLOURS.soft } as const

function interval([low, high]: readonly [number, number], scale: number, digits: number): string {
  return `${signed(scale * low, digits)} to ${signed(scale * high, digits)}`
}

function differencesOption(rows: readonly LabelledComparison[], metric: string): EChartsOption {
  const labels = rows.map(row => shortened(row.label, 22))
  const panels = [
    { name: `${metric}, points (right: policy better)`, scale: 100, digits: 1, of: accuracyOf },
    { name: 'loss (left: policy better)', scale: 1, digits: 3, of: lossOf },
  ] as const
  return {
    grid: [
      { left: 190, width: 310, top: 24, bottom: 58 },
      { left: 540, width: 310, top: 24, bottom: 58 },
    ],
    xAxis: panels.map((panel, gridIndex) => ({
      ...AXIS,
      gridIndex,
      type: 'value',
      name: panel.name,
      nameLocation: 'middle',
      nameGap: 32,
      axisLabel: { ...AXIS.axisLabel, formatter: (value: number) => String(Number(value.toPrecision(3))) },
      ...symmetric(rows.flatMap(row => panel.of(row).flat()).map(value => value * panel.scale)),
    })),
    yAxis: panels.map((_, gridIndex) => ({
      ...AXIS,
      gridIndex,
      type: 'category',
      data: labels.map((_label, index) => String(index)),
      inverse: true,
      axisTick: { show: false },
      axisLabel: {
        ...AXIS.axisLabel,
        color: COLOURS.ink,
        show: gridIndex === 0,
        interval: 0,
        formatter: (index: string) => labels[Number(index)],
      },
    })),
    series: panels.flatMap((panel, index) =>
      rows.map((row, at) => {
        const [[low, high], [centre]] = panel.of(row)
        const colour = VERDICT_COLOUR[row.verdict]
        return {
          type: 'line' as const,
          xAxisIndex: index,
          yAxisIndex: index,
          data: [low, centre, high].map((value, i) => ({
            value: [value * panel.scale, String(at)],
            symbol: i === 1 ? 'circle' : 'rect',
            symbolSize: i === 1 ? 12 : [2, 12],
            label: {
              show: i === 1,
              position: 'top' as const,
              backgroundColor: COLOURS.paper,
              formatter: signed(value * panel.scale, panel.digits),
            },
          })),
          lineStyle: { color: colour, width: 3 },
          itemStyle: { color: colour },
          markLine: {
            silent: true,
            z: 1,
            symbol: 'none',
            label: { show: false },
            lineStyle: { color: COLOURS.ink, type: 'solid' as const, width: 1 },
            data: at === 0 ? [{ xAxis: 0 }] : [],
          },
        }
      }),
    ),
  }
}

function accuracyOf(row: LabelledComparison): [readonly [number, number], [number]] {
  return [row.accuracyInterval, [row.accuracyDifference]]
}

function lossOf(row: LabelledComparison): [readonly [number, number], [number]] {
  return [row.lossInterval, [row.lossDifference]]
}

/** Symmetric about 0, so that a bar's side can be seen at a glance; ticks at the ends, the middles and 0. */
function symmetric(values: readonly number[]): { min: number; max: number; interval: number } {
  const furthest = Math.max(...values.map(Math.abs)) * 1.1 || 1
  const unit = 10 ** Math.floor(Math.log10(furthest))
  const limit = unit * (LIMITS.find(step => step * unit >= furthest) ?? 10)
  return { min: -limit, max: limit, interval: limit / 2 }
}

const LIMITS = [1, 2, 3, 4, 5, 6, 8] as const
