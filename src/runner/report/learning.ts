import type { EChartsOption } from 'echarts'
import type { EpisodeSummary, FineTuneSummary, RoundSummary } from '../summary.ts'
import { AXIS, COLOURS, chart } from './chart.ts'
import { decimal, duration, flops, percent, plural, signed } from './format.ts'
import { folded, type Html, html, table } from './html.ts'

/** Did the agents learn? Return per episode, and how loss and accuracy moved within episodes. */
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
${returnChart(episodes)}${folded('Table of episodes', episodeTable(episodes))}
${curveChart(summary)}</section>`
}

/** The episode that ships and the best of the learning ones, if it is another. */
export function shownEpisodes(summary: FineTuneSummary): { title: string; episode: EpisodeSummary }[] {
  const { chosen } = summary
  const drawable = summary.episodes.filter(episode => episode.rounds.length > 0)
  const chosenEpisode = drawable.find(episode =>
    chosen.episode === undefined
      ? chosen.from === 'greedy' && episode.kind === 'greedy'
      : episode.index === chosen.episode,
  )
  const sound = drawable.filter(
    episode => episode.kind === 'learning' && !episode.diverged && episode.failure === undefined,
  )
  const best = sound.reduce<EpisodeSummary | undefined>(
    (top, episode) => (top === undefined || episode.return > top.return ? episode : top),
    undefined,
  )
  return [
    ...(chosenEpisode === undefined
      ? []
      : [{ title: `Chosen: ${episodeName(chosenEpisode)}`, episode: chosenEpisode }]),
    ...(best === undefined || best === chosenEpisode
      ? []
      : [{ title: `Highest return while learning: ${episodeName(best)}`, episode: best }]),
  ]
}

const FAINT = 40
const WINDOW = 10

function episodeName(episode: EpisodeSummary): string {
  return episode.kind === 'greedy' ? 'greedy run' : `episode ${episode.index}`
}

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
    finite.filter(keep).map(episode => [episode.index, episode.return])
  const failed = (episode: EpisodeSummary): boolean => episode.failure !== undefined
  const sound = finite.filter(episode => episode.kind === 'learning' && !failed(episode))
  const trend = sound.map((episode, at) => {
    const recent = sound.slice(Math.max(0, at - WINDOW + 1), at + 1)
    return [episode.index, recent.reduce((sum, { return: value }) => sum + value, 0) / recent.length]
  })
  const dots = (name: string, data: number[][], symbol: string, color: string) =>
    data.length === 0
      ? []
      : [{ name, type: 'scatter' as const, data, symbol, symbolSize: 9, itemStyle: { color } }]
  const option: EChartsOption = {
    legend: { top: 0, textStyle: { color: COLOURS.ink } },
    grid: { left: 64, right: 24, top: 60, bottom: 50 },
    xAxis: {
      ...AXIS,
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
      'Undiscounted sum of rewards per episode: higher is better. A rising line means that the agents learned.',
    height: 320,
    option,
  })
}

function episodeTable(episodes: readonly EpisodeSummary[]): Html {
  return table({
    caption: 'Losses and accuracies are of the reward split, at the episode’s end.',
    head: ['episode', 'kind', 'return', 'loss', 'accuracy', 'steps', 'FLOPs', 'time', 'state'],
    words: [1, 8],
    rows: episodes.map(episode => [
      String(episode.index),
      episode.kind,
      signed(episode.return),
      decimal(episode.rewardLoss),
      percent(episode.rewardAccuracy),
      String(episode.steps),
      flops(episode.flops),
      duration(episode.seconds),
      stateOf(episode),
    ]),
  })
}

/** Loss and accuracy over FLOPs; other episodes faint, thinned to a number that the eye can take. */
function curveChart(summary: FineTuneSummary): Html {
  const shown = shownEpisodes(summary)
  const others = summary.episodes.filter(
    episode => episode.rounds.length > 0 && !shown.some(({ episode: other }) => other === episode),
  )
  const every = Math.ceil(others.length / FAINT)
  const faint = others.filter((_, index) => index % every === 0)
  if (shown.length + faint.length === 0) return html``
  const line = (
    name: string,
    panel: 0 | 1,
    rounds: readonly RoundSummary[],
    of: (round: RoundSummary) => number,
    style: object,
  ) => ({
    name,
    type: 'line' as const,
    xAxisIndex: panel,
    yAxisIndex: panel,
    showSymbol: rounds.length === 1,
    symbolSize: 6,
    data: rounds.filter(round => Number.isFinite(of(round))).map(round => [round.flops, of(round)]),
    lineStyle: style,
    itemStyle: style,
  })
  const loss = (round: RoundSummary): number => round.rewardLoss
  const accuracy = (round: RoundSummary): number => round.rewardAccuracy
  const pale = { color: '#c9d0d8', width: 1 }
  const option: EChartsOption = {
    legend: { top: 0, left: 60, right: 20, textStyle: { color: COLOURS.ink } },
    grid: [
      { left: 60, width: 350, top: 96, bottom: 56 },
      { left: 500, width: 350, top: 96, bottom: 56 },
    ],
    xAxis: [0, 1].map(gridIndex => ({
      ...AXIS,
      gridIndex,
      type: 'value',
      name: 'FLOPs of training',
      nameLocation: 'middle',
      nameGap: 32,
      splitNumber: 4,
      axisLabel: { ...AXIS.axisLabel, formatter: (value: number) => flops(value) },
    })),
    yAxis: ['loss', 'accuracy'].map((name, gridIndex) => ({
      ...AXIS,
      gridIndex,
      type: 'value',
      name,
      scale: true,
    })),
    series: [
      ...faint.flatMap(({ rounds }) => [
        line('other episodes', 0, rounds, loss, pale),
        line('other episodes', 1, rounds, accuracy, pale),
      ]),
      ...shown.flatMap(({ title, episode: { rounds } }, index) => {
        const color = index === 0 ? COLOURS.policy : COLOURS.baselines[0]
        return [
          line(title, 0, rounds, loss, { color, width: 3 }),
          line(`${title}, training loss`, 0, rounds, round => round.trainLoss, {
            color,
            width: 2,
            type: 'dashed',
          }),
          line(title, 1, rounds, accuracy, { color, width: 3 }),
        ]
      }),
    ],
  }
  return chart({
    id: 'curves',
    title: 'Loss and accuracy over FLOPs within episodes',
    description: `Solid: the reward split, which is held out from training. Dashed: the training loss; where it falls while the solid line rises, the network overfits. Pale: ${plural(faint.length, 'other episode')}${every > 1 ? ` of ${others.length}` : ''}.`,
    height: 400,
    option,
  })
}
