import type { EChartsOption } from 'echarts'
import type { EpisodeSummary, RoundSummary } from '../../../play/summary.ts'
import { AXIS, axisFlops, COLOURS, chart, LEGEND } from '../../../report/chart.ts'
import { folded, type Html, html, table } from '../../../report/html.ts'
import { decimal, flops, percent, plural, uncertain } from '../../../report/words.ts'
import type { FineTuneSummary } from '../summary.ts'
import { shownEpisodes } from './episodes.ts'

const FAINT = 40
const OTHERS = 'other episodes'

/** Loss and what counts over FLOPs; other episodes faint, thinned to a number that the eye can take. */
export function curveChart(summary: FineTuneSummary): Html {
  const { metric } = summary.task
  const shown = shownEpisodes(summary)
  const others = summary.episodes.filter(
    episode => episode.rounds.length > 0 && !shown.some(({ episode: other }) => other === episode),
  )
  const every = Math.ceil(others.length / FAINT)
  const faint = others.filter((_, index) => index % every === 0)
  if (shown.length + faint.length === 0) return html``
  const highest = highestLoss([...faint, ...shown.map(({ episode }) => episode)])
  const loss = (round: RoundSummary): number => upTo(highest, round.rewardLoss)
  const pale = { color: '#c9d0d8', width: 1 }
  const option: EChartsOption = {
    legend: {
      ...LEGEND,
      icon: 'roundRect',
      itemHeight: 4,
      // Training losses are told by their dashes.
      data: [...shown.map(({ title }) => title), ...(faint.length > 0 ? [OTHERS] : [])],
    },
    grid: [
      { left: 60, width: 350, top: 70, bottom: 56 },
      { left: 500, width: 350, top: 70, bottom: 56 },
    ],
    xAxis: [0, 1].map(gridIndex => ({
      ...AXIS,
      gridIndex,
      type: 'value',
      name: 'FLOPs of training',
      nameLocation: 'middle',
      nameGap: 32,
      splitNumber: 4,
      axisLabel: { ...AXIS.axisLabel, formatter: axisFlops },
    })),
    yAxis: ['loss', metric].map((name, gridIndex) => ({
      ...AXIS,
      gridIndex,
      type: 'value',
      name,
      scale: true,
    })),
    series: [
      ...faint.flatMap(({ rounds }) => [
        line(OTHERS, 0, rounds, loss, pale),
        line(OTHERS, 1, rounds, primary, pale),
      ]),
      ...shown.flatMap(({ title, episode: { rounds } }, index) => {
        const color = index === 0 ? COLOURS.policy : COLOURS.baselines[0]
        return [
          line(title, 0, rounds, loss, { color, width: 3 }),
          line(`${title}, training loss`, 0, rounds, round => upTo(highest, round.trainLoss), {
            color,
            width: 2,
            type: 'dashed',
          }),
          line(title, 1, rounds, primary, { color, width: 3 }),
        ]
      }),
    ],
  }
  const drawing = chart({
    id: 'curves',
    title: `Loss and ${metric} over FLOPs within episodes`,
    description: `Solid: the reward split, which is held out from training. Dashed: the training loss; where it falls while the solid line rises, the network overfits. A line ends early where its episode diverged. Pale: ${plural(faint.length, 'other episode')}${every > 1 ? ` of ${others.length}` : ''}.`,
    height: 380,
    option,
  })
  return html`${drawing}${shown.map(({ title, episode }) => folded(`Table of rounds, ${title}`, roundTable(episode, metric)))}`
}

const primary = (round: RoundSummary): number => round.rewardPrimary

function line(
  name: string,
  panel: 0 | 1,
  rounds: readonly RoundSummary[],
  of: (round: RoundSummary) => number,
  style: { readonly color: string; readonly width: number; readonly type?: 'dashed' },
) {
  return {
    name,
    type: 'line' as const,
    xAxisIndex: panel,
    yAxisIndex: panel,
    showSymbol: rounds.length === 1,
    symbolSize: 6,
    data: rounds.filter(round => Number.isFinite(of(round))).map(round => [round.flops, of(round)]),
    lineStyle: style,
    itemStyle: { color: style.color },
  }
}

/** A diverged episode's last loss would press all other lines flat: its line ends before it instead. */
function highestLoss(episodes: readonly EpisodeSummary[]): number {
  const sound = episodes.filter(episode => !episode.diverged)
  return Math.max(
    ...(sound.length > 0 ? sound : episodes).flatMap(episode =>
      episode.rounds.flatMap(round => [round.rewardLoss, round.trainLoss]).filter(Number.isFinite),
    ),
  )
}

function upTo(highest: number, value: number): number {
  return value <= highest ? value : Number.NaN
}

function roundTable({ rounds, stop }: EpisodeSummary, metric: string): Html {
  const ended =
    stop === undefined ? '' : ` The root ended the run, which paid ${uncertain(stop.reward, stop.noise)}.`
  return table({
    caption: `Per round; held-out figures and rewards are of the reward split. After ±: the reward’s standard error that comes from which clips the split happens to hold (jackknife).${ended}`,
    head: ['training steps', 'FLOPs', 'training loss', 'held-out loss', `held-out ${metric}`, 'reward'],
    rows: rounds.map(round => [
      String(round.step),
      flops(round.flops),
      decimal(round.trainLoss),
      decimal(round.rewardLoss),
      percent(round.rewardPrimary),
      uncertain(round.reward, round.noise),
    ]),
  })
}
