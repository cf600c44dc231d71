import type { EChartsOption } from 'echarts'
import type { EpisodeSummary } from '../../../play/summary.ts'
import { AXIS, COLOURS, chart, LEGEND } from '../../../report/chart.ts'
import { folded, type Html, html, table } from '../../../report/html.ts'
import { decimal, duration, flops, percent, plural, uncertain } from '../../../report/words.ts'
import type { FineTuneSummary } from '../summary.ts'
import { curveChart } from './curves.ts'

/** Did the agents learn? Return per episode, and how loss and what counts moved within episodes. */
export function learningSection(summary: FineTuneSummary): Html {
  const { episodes } = summary
  if (episodes.length === 0) {
    return html`<section><h2>Learning</h2><p>No episode was completed, so there is nothing to draw.</p></section>`
  }
  const updates = Object.entries(summary.updates).map(
    ([agent, count]) => `${agent}: ${plural(count, 'update')}`,
  )
  return html`<section><h2>Learning</h2>
<p>${countsOf(episodes)}${updates.length > 0 ? ` Updates: ${updates.join(', ')}.` : ''}</p>
${returnChart(episodes)}${folded('Table of episodes', episodeTable(episodes, summary.task.metric))}
${curveChart(summary)}</section>`
}

const WINDOW = 10

const STANDARD_ERROR = 'standard error'
const NOISE =
  'After ±: the standard error that comes from which clips the reward split happens to hold (jackknife of the whole return, a clip left out of all its rounds).'

function countsOf(episodes: readonly EpisodeSummary[]): string {
  const learning = episodes.filter(episode => episode.kind === 'learning').length
  const diverged = episodes.filter(episode => episode.diverged).length
  const failed = episodes.filter(episode => episode.failure !== undefined).length
  return `${plural(learning, 'learning episode')} and ${plural(episodes.length - learning, 'greedy run')}; ${diverged} diverged, ${failed} failed.`
}

function stateOf(episode: EpisodeSummary): string {
  if (episode.failure !== undefined) return `failed: ${episode.failure}`
  return episode.diverged ? 'diverged' : 'completed'
}

function returnChart(episodes: readonly EpisodeSummary[]): Html {
  const finite = episodes.filter(episode => Number.isFinite(episode.return))
  const points = (keep: (episode: EpisodeSummary) => boolean): number[][] =>
    finite.filter(keep).map(episode => [episode.index + 1, episode.return])
  const failed = (episode: EpisodeSummary): boolean => episode.failure !== undefined
  const sound = finite.filter(episode => episode.kind === 'learning' && !failed(episode))
  const trend = sound.map((episode, at) => {
    const recent = sound.slice(Math.max(0, at - WINDOW + 1), at + 1)
    return [episode.index + 1, recent.reduce((sum, { return: value }) => sum + value, 0) / recent.length]
  })
  // A line up and down through each return; a gap, then the next.
  const whiskers = finite.flatMap(({ index, return: value, returnNoise: noise }) =>
    Number.isFinite(noise)
      ? [
          [index + 1, value - noise],
          [index + 1, value + noise],
          [index + 1, Number.NaN],
        ]
      : [],
  )
  const dots = (name: string, data: number[][], symbol: string, color: string) =>
    data.length === 0
      ? []
      : [{ name, type: 'scatter' as const, data, symbol, symbolSize: 9, itemStyle: { color } }]
  const option: EChartsOption = {
    legend: LEGEND,
    grid: { left: 64, right: 24, top: 60, bottom: 50 },
    xAxis: {
      ...AXIS,
      axisLine: { ...AXIS.axisLine, onZero: false },
      type: 'value',
      name: 'episode',
      nameLocation: 'middle',
      nameGap: 30,
      minInterval: 1,
      min: 0,
      splitLine: { show: false },
    },
    yAxis: { ...AXIS, type: 'value', name: 'return', scale: true },
    series: [
      {
        name: STANDARD_ERROR,
        type: 'line',
        data: whiskers,
        showSymbol: false,
        lineStyle: { color: COLOURS.soft, width: 1 },
        itemStyle: { color: COLOURS.soft },
      },
      ...dots(
        'learning',
        points(e => e.kind === 'learning' && !e.diverged && !failed(e)),
        'circle',
        '#7fb3b3',
      ),
      ...dots(
        'diverged',
        points(e => e.diverged && !failed(e)),
        'triangle',
        '#a12a1d',
      ),
      ...dots('failed', points(failed), 'rect', COLOURS.soft),
      ...dots(
        'greedy',
        points(e => e.kind === 'greedy' && !e.diverged && !failed(e)),
        'diamond',
        '#c2570c',
      ),
      {
        name: `mean of the last ${WINDOW}`,
        type: 'line',
        data: trend,
        showSymbol: false,
        lineStyle: { color: COLOURS.policy, width: 2.5 },
        itemStyle: { color: COLOURS.policy },
      },
    ],
  }
  return chart({
    id: 'returns',
    title: 'Return per episode',
    description:
      'Undiscounted sum of rewards per episode: higher is better. A rising line is a sign that the agents learned, not that it paid. Grey lines: ± one standard error, from which clips the reward split happens to hold.',
    height: 320,
    option,
  })
}

function episodeTable(episodes: readonly EpisodeSummary[], metric: string): Html {
  return table({
    caption: `Loss and ${metric} are of the reward split, at the episode’s end. ${NOISE}`,
    head: ['episode', 'kind', 'return', 'loss', metric, 'steps', 'FLOPs', 'time', 'state'],
    words: [1, 8],
    rows: episodes.map(episode => [
      String(episode.index + 1),
      episode.kind,
      uncertain(episode.return, episode.returnNoise),
      decimal(episode.rewardLoss),
      percent(episode.rewardPrimary),
      String(episode.steps),
      flops(episode.flops),
      duration(episode.seconds),
      stateOf(episode),
    ]),
  })
}
