import type { EChartsOption } from 'echarts'
import { AXIS, COLOURS, LEGEND } from './chart.ts'

/** A line, and the band around it where there is one. */
export interface BandedLine {
  readonly name: string
  /** One an x; `null` where there is none. */
  readonly values: readonly (number | null)[]
  readonly low?: readonly (number | null)[]
  readonly high?: readonly (number | null)[]
}

interface Axes {
  readonly x: readonly number[]
  /** Where the axis begins; with the first x where it isn't said. */
  readonly from?: number
  readonly xName: string
  readonly yName: string
  readonly xLabel: (value: number) => string
  readonly yRange?: readonly [low: number, high: number]
}

/** Lines with bands over a common x. */
export function bandedLines(lines: readonly BandedLine[], axes: Axes): EChartsOption {
  const { x, from = x[0], xName, yName, xLabel, yRange } = axes
  const axis = { ...AXIS, axisLine: { ...AXIS.axisLine, onZero: false }, type: 'value' as const }
  return {
    legend: { ...LEGEND, data: lines.map(({ name }) => name) },
    grid: { left: 64, right: 24, top: 60, bottom: 50 },
    xAxis: {
      ...axis,
      name: xName,
      nameLocation: 'middle',
      nameGap: 30,
      min: from,
      max: x[x.length - 1],
      splitLine: { show: false },
      axisLabel: { ...AXIS.axisLabel, formatter: xLabel },
    },
    yAxis: {
      ...axis,
      name: yName,
      scale: true,
      ...(yRange !== undefined && { min: yRange[0], max: yRange[1] }),
    },
    series: lines.flatMap((line, i) => seriesOf(line, x, colourAt(i))),
  }
}

/** Of contenders, in the order in which they are told. */
export function colourAt(index: number): string {
  const colours = [COLOURS.policy, ...COLOURS.baselines]
  return colours[index % colours.length]
}

function seriesOf({ name, values, low, high }: BandedLine, x: readonly number[], color: string) {
  const base = { type: 'line' as const, showSymbol: false, itemStyle: { color } }
  const points = (ys: readonly (number | null)[]) => ys.map((y, i) => [x[i], y])
  const line = { ...base, name, data: points(values), lineStyle: { width: 2.5, color }, z: 3 }
  if (low === undefined || high === undefined) return [line]
  // The band is what is stacked on its lower edge, which isn't drawn.
  const stack = { stack: `${name} band`, stackStrategy: 'all' as const, lineStyle: { opacity: 0 } }
  const width = high.map((top, i) => (top === null ? null : top - (low[i] ?? 0)))
  return [
    line,
    { ...base, ...stack, name: `${name} low`, data: points(low) },
    { ...base, ...stack, name: `${name} high`, data: points(width), areaStyle: { color, opacity: 0.16 } },
  ]
}
