import type { ScheduleSummary } from '../../../instances/scores.ts'
import { AXIS, axisFlops, COLOURS, chart, LEGEND, shortened } from '../../../report/chart.ts'
import { type Html, html } from '../../../report/html.ts'

export interface LabelledSchedule {
  readonly label: string
  readonly schedule: ScheduleSummary
}

type Run = ScheduleSummary['perSeed'][number]

const SYMBOLS = ['circle', 'rect', 'triangle', 'roundRect', 'pin', 'arrow'] as const

/** What counts and loss, on the test split, against everything that they cost; the first schedule is the learned policy. */
export function costChart(schedules: readonly LabelledSchedule[], metric = 'accuracy'): Html {
  const drawn = schedules.filter(({ schedule }) => schedule.total.flops > 0)
  if (drawn.length === 0) return html``
  const spent = drawn.map(({ schedule }) => Math.log10(schedule.total.flops))
  // About four names fit a row of the legend.
  const top = 26 + 44 * Math.ceil(drawn.length / 4)
  const panels = [
    { name: `test ${metric}`, of: (run: Run) => run.primary },
    { name: 'test loss', of: (run: Run) => run.loss },
  ]
  return chart({
    id: 'cost',
    title: 'Quality against everything that it cost',
    description: `Total FLOPs, search included, on a logarithmic axis; dots are means, bars run from the lowest to the highest seed. Left is cheaper; high ${metric} and low loss are better.`,
    height: 290 + top,
    option: {
      legend: { ...LEGEND, formatter: (name: string) => shortened(name, 22) },
      grid: [
        { left: 60, width: 350, top, bottom: 56 },
        { left: 500, width: 350, top, bottom: 56 },
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
        axisLabel: { ...AXIS.axisLabel, formatter: axisFlops },
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
