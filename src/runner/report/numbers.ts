import type { EChartsOption } from 'echarts'
import type { FineTuneSummary, ScheduleSummary } from '../summary.ts'
import { AXIS, COLOURS, chart, shortened } from './chart.ts'
import { decimal, duration, flops, percent, plural, scheduleLabel, signed } from './format.ts'
import { type Html, html, table } from './html.ts'

/** The learned policy beside every baseline, on the test split, with what each cost. */
export function numbersSection(summary: FineTuneSummary): Html {
  const schedules = schedulesOf(summary)
  return html`<section><h2>The numbers</h2>${table({
    caption: `Test split, ${plural(summary.test.clips, 'clip')}. Means over seeds, lowest to highest below them. Totals include each schedule’s own search and all its seeds.`,
    head: [
      '',
      'seeds',
      'accuracy',
      'balanced accuracy',
      'loss',
      'FLOPs a run',
      'total FLOPs',
      'time a run',
      'total time',
    ],
    strong: 0,
    rows: schedules.map(({ label, schedule }) => [
      label,
      String(schedule.perSeed.length),
      ranged(schedule, run => run.accuracy, percent),
      ranged(schedule, run => run.balancedAccuracy, percent),
      ranged(schedule, run => run.loss, decimal),
      flops(schedule.flops),
      flops(schedule.total.flops),
      duration(schedule.seconds),
      duration(schedule.total.seconds),
    ]),
  })}
<p>The model that ships, ${shippedFrom(summary)}, has test accuracy ${percent(summary.test.accuracy)}, balanced accuracy ${percent(summary.test.balancedAccuracy)} and loss ${decimal(summary.test.loss)}. It was chosen on the reward split (loss ${decimal(summary.chosen.rewardLoss)} there).</p>
${Object.keys(summary.baselines).length === 0 ? html`<p>No baseline was run.</p>` : costChart(schedules)}</section>`
}

/** Paired differences with their intervals: what the verdict rests on. */
export function differencesSection(summary: FineTuneSummary): Html {
  const comparisons = Object.entries(summary.comparison).map(([name, comparison]) => ({
    label: scheduleLabel(name),
    ...comparison,
  }))
  if (comparisons.length === 0)
    return html`<section><h2>Differences</h2><p>There is nothing to compare with: no baseline was run.</p></section>`
  return html`<section><h2>Differences: learned policy minus baseline</h2>${chart({
    id: 'differences',
    title: 'Paired differences between the learned policy and the baselines',
    description:
      'Dots are mean differences, bars 95 % intervals of a paired bootstrap over test clips and seeds. A bar that crosses 0 claims nothing.',
    height: 110 + 46 * comparisons.length,
    option: differencesOption(comparisons),
  })}${table({
    caption: 'Policy minus baseline, with 95 % intervals',
    head: ['baseline', 'accuracy, points', 'interval', 'loss', 'interval', 'clips', 'seeds', 'the policy is'],
    words: [7],
    rows: comparisons.map(row => [
      row.label,
      signed(100 * row.accuracyDifference, 1),
      interval(row.accuracyInterval, 100, 1),
      signed(row.lossDifference),
      interval(row.lossInterval, 1, 3),
      String(row.clips),
      String(row.seeds),
      row.verdict,
    ]),
  })}</section>`
}

interface Labelled {
  readonly label: string
  readonly schedule: ScheduleSummary
}

type LabelledComparison = FineTuneSummary['comparison'][string] & { readonly label: string }

const VERDICT_COLOUR = { better: '#1d7a3a', worse: '#a12a1d', undecided: COLOURS.soft } as const

function schedulesOf(summary: FineTuneSummary): Labelled[] {
  const baselines = Object.entries(summary.baselines).map(([name, schedule]) => ({
    label: scheduleLabel(name),
    schedule,
  }))
  return [{ label: 'learned policy', schedule: summary.policy }, ...baselines]
}

function shippedFrom({ chosen }: FineTuneSummary): string {
  const episode = chosen.episode === undefined ? '' : ` ${chosen.episode}`
  return chosen.from === 'greedy' ? 'from the greedy run of the learned policy' : `from episode${episode}`
}

type Run = ScheduleSummary['perSeed'][number]

function ranged(
  schedule: ScheduleSummary,
  of: (run: Run) => number,
  format: (value: number) => string,
): Html {
  const values = schedule.perSeed.map(of)
  if (values.length === 0) return html`none`
  const centre = values.reduce((sum, value) => sum + value, 0) / values.length
  const low = format(Math.min(...values)).replace(' %', '')
  const range =
    values.length > 1 ? html`<span class="range">${low}–${format(Math.max(...values))}</span>` : html``
  return html`${format(centre)}${range}`
}

function interval([low, high]: readonly [number, number], scale: number, digits: number): string {
  return `${signed(scale * low, digits)} to ${signed(scale * high, digits)}`
}

function differencesOption(rows: readonly LabelledComparison[]): EChartsOption {
  const labels = rows.map(row => shortened(row.label))
  const panels = [
    { name: 'accuracy, points (right: policy better)', scale: 100, digits: 1, of: accuracyOf },
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
              formatter: signed(value * panel.scale, panel.digits),
            },
          })),
          lineStyle: { color: colour, width: 3 },
          itemStyle: { color: colour },
          markLine: {
            silent: true,
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

/** Symmetric about 0, so that a bar's side can be seen at a glance. */
function symmetric(values: readonly number[]): { min: number; max: number } {
  const furthest = Math.max(...values.map(Math.abs)) * 1.1 || 1
  const unit = 10 ** Math.floor(Math.log10(furthest))
  const limit = Math.ceil(furthest / unit) * unit
  return { min: -limit, max: limit }
}

function costChart(schedules: readonly Labelled[]): Html {
  const drawn = schedules.filter(({ schedule }) => schedule.total.flops > 0)
  if (drawn.length === 0) return html``
  const spent = drawn.map(({ schedule }) => Math.log10(schedule.total.flops))
  const panels = [
    { name: 'test accuracy', of: (run: Run) => run.accuracy },
    { name: 'test loss', of: (run: Run) => run.loss },
  ]
  return chart({
    id: 'cost',
    title: 'Quality against everything that it cost',
    description:
      'Total FLOPs, search included, on a logarithmic axis; dots are means, bars run from the lowest to the highest seed. Left is cheaper; high accuracy and low loss are better.',
    height: 360,
    option: {
      legend: { top: 0, textStyle: { color: COLOURS.ink }, formatter: (name: string) => shortened(name) },
      grid: [
        { left: 60, width: 350, top: 70, bottom: 56 },
        { left: 500, width: 350, top: 70, bottom: 56 },
      ],
      xAxis: panels.map((_, gridIndex) => ({
        ...AXIS,
        gridIndex,
        type: 'log',
        name: 'total FLOPs',
        nameLocation: 'middle',
        nameGap: 32,
        min: 10 ** Math.floor(Math.min(...spent)),
        max: 10 ** Math.ceil(Math.max(...spent) + 0.01),
        axisLabel: { ...AXIS.axisLabel, formatter: (value: number) => flops(value).replace(/\.0+ /, ' ') },
      })),
      yAxis: panels.map((panel, gridIndex) => ({
        ...AXIS,
        gridIndex,
        type: 'value',
        name: panel.name,
        scale: true,
      })),
      series: drawn.flatMap(({ label, schedule }, at) =>
        panels.map((panel, index) => {
          const values = schedule.perSeed.map(panel.of).filter(Number.isFinite)
          const centre = values.reduce((sum, value) => sum + value, 0) / values.length
          const x = schedule.total.flops
          const colour = at === 0 ? COLOURS.policy : COLOURS.baselines[(at - 1) % COLOURS.baselines.length]
          const symbol = at === 0 ? 'diamond' : SYMBOLS[(at - 1) % SYMBOLS.length]
          return {
            name: label,
            type: 'line' as const,
            symbol,
            xAxisIndex: index,
            yAxisIndex: index,
            data: [Math.min(...values), centre, Math.max(...values)]
              .filter(Number.isFinite)
              .map((value, i) => ({
                value: [x, value],
                symbol: i === 1 ? symbol : 'rect',
                symbolSize: i === 1 ? 13 : [12, 2],
              })),
            lineStyle: { color: colour, width: 2 },
            itemStyle: { color: colour },
          }
        }),
      ),
    },
  })
}

const SYMBOLS = ['circle', 'rect', 'triangle', 'roundRect', 'pin', 'arrow'] as const
