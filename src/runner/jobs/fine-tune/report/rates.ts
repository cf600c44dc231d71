import type { EChartsOption } from 'echarts'
import type { EpisodeSummary } from '../../../play/summary.ts'
import { AXIS, COLOURS, chart, RATE_SCALE, shortened } from '../../../report/chart.ts'
import { folded, type Html, html, table } from '../../../report/html.ts'
import { learningRate, plural } from '../../../report/words.ts'
import type { FineTuneSummary } from '../summary.ts'
import { shownEpisodes } from './episodes.ts'

/** What was decided: which group was frozen, and how fast the others trained, round by round. */
export function ratesSection(summary: FineTuneSummary): Html {
  const shown = shownEpisodes(summary)
  if (shown.length === 0 || summary.groups.length === 0) {
    return html`<section><h2>Decisions</h2><p>No episode reached the end of a round, so no decision can be shown.</p></section>`
  }
  const names = summary.groups.map(group => group.name)
  const maps = shown.map(
    ({ title, episode }, index) =>
      html`<h3>${capitalised(title)}</h3>${heatMap(`rates${index}`, title, names, episode)}${folded('Table of decisions', decisions(names, episode))}`,
  )
  return html`<section><h2>Decisions</h2>${maps}</section>`
}

/** Below every logarithm of a learning rate: drawn in the colour of frozen groups. */
const FROZEN = -99
const LABELLED_ROUNDS = 16

function heatMap(id: string, title: string, names: readonly string[], episode: EpisodeSummary): Html {
  const { rounds } = episode
  const logs = rounds.flatMap(round =>
    round.groups.filter(group => group.learningRate > 0).map(group => Math.log10(group.learningRate)),
  )
  const low = logs.length === 0 ? -6 : Math.floor(Math.min(...logs))
  const high = logs.length === 0 ? -2 : Math.max(low + 1, Math.ceil(Math.max(...logs)))
  const cells = rounds.flatMap((round, x) =>
    round.groups.slice(0, names.length).map(({ learningRate: rate }, y) => {
      const log = rate > 0 ? Math.log10(rate) : FROZEN
      const label = {
        show: rounds.length <= LABELLED_ROUNDS,
        formatter: rate > 0 ? learningRate(rate).replace('e-', 'e−') : 'frozen',
        color: (log - low) / (high - low) > 0.45 ? COLOURS.paper : COLOURS.ink,
        fontSize: 10,
      }
      return { value: [x, y, log], label }
    }),
  )
  const isFrozen = (cell: (typeof cells)[number]): boolean => cell.value[2] === FROZEN
  const option: EChartsOption = {
    grid: { left: 190, right: 24, top: 12, bottom: 104 },
    xAxis: {
      ...AXIS,
      type: 'category',
      data: rounds.map(round => String(round.step)),
      name: 'training steps done at the end of the round',
      nameLocation: 'middle',
      nameGap: 30,
      axisTick: { show: false },
    },
    yAxis: {
      ...AXIS,
      type: 'category',
      data: names.map((_, index) => String(index)),
      inverse: true,
      axisTick: { show: false },
      axisLabel: {
        ...AXIS.axisLabel,
        color: COLOURS.ink,
        interval: 0,
        formatter: (index: string) => `${Number(index) + 1}  ${shortened(names[Number(index)], 20)}`,
      },
    },
    visualMap: [
      {
        type: 'continuous',
        seriesIndex: 0,
        min: low,
        max: high,
        dimension: 2,
        orient: 'horizontal',
        left: 190,
        bottom: 6,
        itemHeight: 240,
        itemWidth: 14,
        text: [learningRate(10 ** high), `learning rate  ${learningRate(10 ** low)}`],
        textStyle: { color: COLOURS.soft },
        inRange: { color: [...RATE_SCALE] },
      },
      {
        type: 'piecewise',
        seriesIndex: 1,
        dimension: 2,
        pieces: [{ value: FROZEN, label: 'frozen', color: COLOURS.frozen }],
        right: 24,
        bottom: 6,
        textStyle: { color: COLOURS.soft },
      },
    ],
    series: [cells.filter(cell => !isFrozen(cell)), cells.filter(isFrozen)].map(data => ({
      type: 'heatmap' as const,
      data,
      itemStyle: { borderColor: COLOURS.paper, borderWidth: 1 },
    })),
  }
  return chart({
    id,
    title: `Learning rates by group and round. ${title}`,
    description: `Rows are layer groups from input to output, columns ${plural(rounds.length, 'round')}; darker is a higher learning rate, grey is frozen.`,
    height: 136 + Math.max(28, 44 - names.length) * names.length,
    option,
  })
}

function decisions(names: readonly string[], episode: EpisodeSummary): Html {
  return table({
    caption: 'Action and learning rate of each group in each round, by training steps done at its end',
    head: ['group', ...episode.rounds.map(round => String(round.step))],
    words: episode.rounds.map((_, index) => index + 1),
    rows: [
      ...rootRow(episode),
      ...names.map((name, index) => [
        `${index + 1}  ${name}`,
        ...episode.rounds.map(({ groups }) =>
          groups[index] === undefined
            ? ''
            : `${groups[index].action}: ${learningRate(groups[index].learningRate)}`,
        ),
      ]),
    ],
  })
}

/** What the root had decided, where there is one. */
function rootRow({ rounds }: EpisodeSummary): string[][] {
  return rounds.some(({ root }) => root !== undefined)
    ? [['root', ...rounds.map(({ root = '' }) => root)]]
    : []
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
