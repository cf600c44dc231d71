import type { EChartsOption } from 'echarts'
import { mean } from '../../../common/statistics.ts'
import { AXIS, COLOURS, chart } from '../../report/chart.ts'
import { type Html, html, table } from '../../report/html.ts'
import { page } from '../../report/page.ts'
import { decimal, flops, integer, plural, signed } from '../../report/words.ts'
import type { LearnPolicySummary } from './summary.ts'

/** How a policy was learned over several instances, as one HTML page that needs nothing else. */
export function renderLearnPolicyReport(summary: LearnPolicySummary): string {
  const { agent, control, instances, cost, runDir } = summary
  return page(`A policy learned on ${plural(instances.length, 'instance')}`, runDir, [
    html`<p>${agent}, ${control} control: ${plural(cost.episodes, 'episode')}, ${flops(cost.flops)}. Updates: ${Object.entries(
      summary.updates,
    )
      .map(([name, count]) => `${name} ${integer(count)}`)
      .join(', ')}.</p>`,
    curveSection(summary),
    instancesSection(summary),
  ])
}

/** Returns differ from instance to instance by more than learning changes them: each is taken from its instance's mean. */
function curveSection({ instances, episodes }: LearnPolicySummary): Html {
  // Those that failed have no return.
  const played = episodes.filter(({ failure }) => failure === undefined)
  const of = (id: string) => played.filter(({ instance }) => instance === id)
  const means = new Map(instances.map(id => [id, mean(of(id).map(episode => episode.return))]))
  const relative = played.map(episode => episode.return - (means.get(String(episode.instance)) ?? 0))
  const window = Math.max(instances.length, 10)
  const smoothed = relative.map((_, i) => mean(relative.slice(Math.max(0, i + 1 - window), i + 1)))
  const option: EChartsOption = {
    grid: { left: 64, right: 24, top: 30, bottom: 50 },
    xAxis: {
      ...AXIS,
      type: 'value',
      name: 'episode',
      nameLocation: 'middle',
      nameGap: 30,
      splitLine: { show: false },
    },
    yAxis: { ...AXIS, type: 'value', name: 'return − its mean', scale: true },
    series: [
      {
        type: 'scatter',
        symbolSize: 4,
        itemStyle: { color: COLOURS.frozen },
        data: relative.map((value, i) => [i + 1, value]),
      },
      {
        type: 'line',
        showSymbol: false,
        lineStyle: { width: 2.5, color: COLOURS.policy },
        data: smoothed.map((value, i) => [i + 1, value]),
      },
    ],
  }
  return html`<section><h2>Learning</h2>${chart({
    id: 'learning',
    title: 'Returns over episodes',
    description: `Each episode's return minus the mean return of all episodes on its instance; the line is the mean of the last ${window} episodes.`,
    height: 340,
    option,
  })}</section>`
}

function instancesSection({ instances, episodes }: LearnPolicySummary): Html {
  return html`<section><h2>Instances</h2>${table({
    caption:
      'Returns of learning episodes, in which agents explore: the first and the last quarter of those on each instance.',
    head: ['', 'episodes', 'diverged', 'first quarter', 'last quarter', 'change'],
    rows: instances.map(id => {
      const own = episodes.filter(({ instance }) => instance === id)
      const returns = own.filter(({ failure }) => failure === undefined).map(episode => episode.return)
      const quarter = Math.max(1, Math.floor(returns.length / 4))
      const [first, last] = [mean(returns.slice(0, quarter)), mean(returns.slice(-quarter))]
      return [
        id,
        integer(own.length),
        integer(own.filter(({ diverged }) => diverged).length),
        decimal(first),
        decimal(last),
        signed(last - first),
      ]
    }),
  })}</section>`
}
