import type { CurveRow, ScheduleSummary } from '../../../instances/scores.ts'
import { AXIS, axisFlops, COLOURS, chart, LEGEND, shortened } from '../../../report/chart.ts'
import { type Html, html } from '../../../report/html.ts'
import { plural, scheduleLabel } from '../../../report/words.ts'
import type { FineTuneSummary } from '../summary.ts'

/** Did everything converge? Each schedule's score on the reward split against what its run had cost by then. */
export function baselineCurvesSection({ policy, baselines, task }: FineTuneSummary): Html {
  const schedules = [
    { label: 'learned policy', schedule: policy },
    ...Object.entries(baselines).map(([name, schedule]) => ({ label: scheduleLabel(name), schedule })),
  ].filter(({ schedule }) => schedule.curves.some(rows => rows.length > 0))
  if (schedules.length === 0) return html``
  const caveats = schedules.flatMap(({ label, schedule }) =>
    schedule.caveats.map(({ text, remedy }) =>
      remedy === undefined
        ? html`<li>${label}: ${text}.</li>`
        : html`<li>${label}: ${text} (to find out: <code>${remedy}</code>).</li>`,
    ),
  )
  // About four names fit a row of the legend.
  const top = 26 + 40 * Math.ceil(schedules.length / 4)
  const drawing = chart({
    id: 'schedules',
    title: 'Score on the reward split against FLOPs, the learned policy and every baseline',
    description: `Final runs: thick lines are means over ${plural(policy.perSeed.length, 'seed')}, thin ones the seeds; a single dot is solved, not trained. The score is ${task.selectionFrom ?? task.metric}. A line that still rises at its end has not converged.`,
    height: 330 + top,
    option: {
      legend: { ...LEGEND, formatter: (name: string) => shortened(name, 22) },
      grid: { left: 64, right: 30, top, bottom: 56 },
      xAxis: {
        ...AXIS,
        type: 'value',
        name: 'FLOPs of one run',
        nameLocation: 'middle',
        nameGap: 32,
        splitNumber: 5,
        axisLabel: { ...AXIS.axisLabel, formatter: axisFlops },
      },
      yAxis: { ...AXIS, type: 'value', name: 'score', scale: true },
      series: schedules.flatMap(({ label, schedule }, at) => {
        const color = at === 0 ? COLOURS.policy : COLOURS.baselines[(at - 1) % COLOURS.baselines.length]
        const { seeds, average } = linesOf(schedule)
        const one = average.length === 1
        return [
          ...(one ? [] : seeds).map(data => ({
            name: label,
            type: 'line' as const,
            data,
            showSymbol: false,
            lineStyle: { color, width: 1, opacity: 0.35 },
            itemStyle: { color },
          })),
          {
            name: label,
            type: 'line' as const,
            data: average,
            showSymbol: one,
            symbol: 'diamond',
            symbolSize: 12,
            lineStyle: { color, width: at === 0 ? 4 : 2.5 },
            itemStyle: { color },
          },
        ]
      }),
    },
  })
  const list = caveats.length === 0 ? html`` : html`<ul>${caveats}</ul>`
  return html`<section><h2>Curves</h2>${drawing}${list}</section>`
}

type Point = [flops: number, score: number]

/** Each seed's line, and their mean as far as all of them go; what a run paid before its first step is in front. */
function linesOf({ curves, flops }: ScheduleSummary): {
  readonly seeds: readonly Point[][]
  readonly average: Point[]
} {
  const rows = curves.filter(curve => curve.length > 0)
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const before = Math.max(0, flops - mean(rows.map(curve => curve[curve.length - 1].flops)))
  const point = (row: CurveRow): Point => [before + row.flops, row.score]
  const shortest = Math.min(...rows.map(curve => curve.length))
  const average = Array.from({ length: shortest }, (_, i): Point => {
    const points = rows.map(curve => point(curve[i]))
    return [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))]
  })
  return { seeds: rows.map(curve => curve.map(point)), average }
}
