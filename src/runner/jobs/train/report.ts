import { relative } from 'node:path'
import type { EChartsOption } from 'echarts'
import type { CurvePoint } from '../../play/points.ts'
import { AXIS, COLOURS, chart, LEGEND } from '../../report/chart.ts'
import { folded, type Html, html, table } from '../../report/html.ts'
import { page } from '../../report/page.ts'
import { decimal, duration, integer, plural } from '../../report/words.ts'
import { PARTS } from './spent.ts'
import type { TrainSummary } from './summary.ts'

/**
 * A training run as one HTML page that needs nothing else: what the greedy policy reaches, the learning curve, and
 * the agent's own figures. The same summary gives the same bytes.
 */
export function renderTrainReport(summary: TrainSummary): string {
  return page(`${summary.agent} on ${summary.env}`, summary.runDir, [
    resultSection(summary),
    curveSection(summary),
    videoSection(summary),
    figuresSection(summary),
    timeSection(summary),
    settingsSection(summary),
  ])
}

function resultSection(summary: TrainSummary): Html {
  const { evaluation, settings, notes } = summary
  const { episodes, meanReturn, stdReturn, returns } = evaluation
  if (episodes === 0) return html`<section><p>No evaluation was asked for.</p></section>`
  const { rewardThreshold } = settings
  const solved = rewardThreshold !== undefined && meanReturn >= rewardThreshold
  const outcome = rewardThreshold === undefined ? 'unclear' : solved ? 'yes' : 'no'
  const threshold =
    rewardThreshold === undefined
      ? ''
      : ` The environment counts as solved from ${rewardThreshold} on: ${solved ? 'solved' : 'not solved'}.`
  const sorted = [...returns].sort((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  return html`<section class="verdict ${outcome}" aria-label="Result"><p class="headline">Greedy return ${decimal(meanReturn, 2)} ± ${decimal(stdReturn, 2)}</p>
<p>Mean and standard deviation over ${plural(episodes, 'greedy episode')} after ${plural(summary.steps, 'step')}; lowest ${decimal(sorted[0], 2)}, median ${decimal(middle, 2)}, highest ${decimal(sorted[sorted.length - 1], 2)}.${threshold} One run with one seed: to compare agents, run several seeds.</p>
${notes.map(note => html`<p>${note}</p>`)}</section>`
}

/** Dots that a reader can still tell apart. */
const MOST_DOTS = 1500
const WINDOW = 100

function curveSection(summary: TrainSummary): Html {
  const episodes = summary.curve.flatMap(point => point.returns.map(value => [point.step, value] as const))
  if (episodes.length === 0) {
    return html`<section><h2>Learning</h2><p>No episode ended while the agent learned, so there is no curve.</p></section>`
  }
  const every = Math.ceil(episodes.length / MOST_DOTS)
  const option: EChartsOption = {
    legend: LEGEND,
    grid: { left: 64, right: 24, top: 60, bottom: 50 },
    xAxis: stepAxis(summary),
    yAxis: { ...AXIS, type: 'value', name: 'return', scale: true },
    series: [
      {
        name: every === 1 ? 'training episode' : `training episode (one of ${every})`,
        type: 'scatter',
        // One path for all dots.
        large: true,
        largeThreshold: 0,
        data: episodes.filter((_, i) => i % every === 0).map(point => [...point]),
        symbolSize: 3,
        itemStyle: { color: '#9cc6c6' },
      },
      {
        name: `mean of the last ${WINDOW}`,
        type: 'line',
        data: recentMeans(summary.curve),
        showSymbol: false,
        lineStyle: { color: COLOURS.policy, width: 2.5 },
        itemStyle: { color: COLOURS.policy },
      },
      {
        name: 'greedy evaluation',
        type: 'line',
        data: [
          ...summary.evaluations.map(({ step, meanReturn }) => [step, meanReturn]),
          ...(summary.evaluation.episodes > 0 ? [[summary.steps, summary.evaluation.meanReturn]] : []),
        ],
        symbol: 'diamond',
        symbolSize: 9,
        lineStyle: { color: '#c2570c', width: 1.5 },
        itemStyle: { color: '#c2570c' },
      },
    ],
  }
  const drawing = chart({
    id: 'returns',
    title: 'Return over environment steps',
    description:
      'Returns of training episodes, in which the agent explores, and of greedy episodes, in which it does not. Undiscounted; rewards as the environment pays them.',
    height: 360,
    option,
  })
  return html`<section><h2>Learning</h2>
<p>${plural(summary.episodes, 'episode')}, ${plural(summary.updates, 'update')}, ${duration(summary.seconds)} (${integer(summary.stepsPerSecond)} steps a second).</p>
${drawing}${folded('Table of the curve', curveTable(summary))}</section>`
}

/** The one thing that lies beside the page: recorded episodes, in the run folder's `videos`. */
function videoSection({ evaluation, runDir }: TrainSummary): Html {
  const { videos = [], returns } = evaluation
  if (videos.length === 0) return html``
  return html`<section><h2>Recorded episodes</h2><p>Greedy, after the last step; from the run folder's videos.</p>
<div class="small-charts">${videos.map(
    (path, episode) =>
      html`<figure><video controls muted preload="metadata" width="430" src="${relative(runDir, path)}"></video><figcaption>episode ${String(episode)}: return ${decimal(returns[episode], 2)}</figcaption></figure>`,
  )}</div></section>`
}

/** Rows of modules that a reader looks at. */
const MOST_MODULES = 15

function timeSection({ spent, modules }: TrainSummary): Html {
  const all = PARTS.reduce((sum, part) => sum + spent[part], 0)
  const share = (seconds: number, whole: number) =>
    whole > 0 ? `${decimal((100 * seconds) / whole, 1)} %` : '–'
  const parts = PARTS.map(part => [part, decimal(spent[part], 2), share(spent[part], all)])
  const computed = modules?.reduce((sum, { seconds }) => sum + seconds, 0) ?? 0
  const most = modules?.slice(0, MOST_MODULES).map(({ name, seconds }) => {
    return [name, decimal(seconds, 2), share(seconds, computed)]
  })
  const head = ['seconds', 'share']
  return html`<section><h2>Where the time went</h2>${table({
    caption: 'Of the whole run; writing is waiting for files and listeners.',
    head: ['', ...head],
    rows: parts,
  })}
${most === undefined ? html`` : folded('By module', table({ caption: 'Sampled once a millisecond, a module’s own code.', head: ['module', ...head], rows: most }))}</section>`
}

function recentMeans(curve: readonly CurvePoint[]): number[][] {
  let recent: number[] = []
  return curve.flatMap(({ step, returns }) => {
    recent = [...recent, ...returns].slice(-WINDOW)
    return recent.length === 0 ? [] : [[step, recent.reduce((sum, value) => sum + value, 0) / recent.length]]
  })
}

/** At most this many rows: the whole curve lies in summary.json. */
const MOST_ROWS = 50

function curveTable({ curve }: TrainSummary): Html {
  const every = Math.ceil(curve.length / MOST_ROWS)
  const rows = curve.flatMap((_, i) => {
    if (i % every !== every - 1 && i !== curve.length - 1) return []
    const part = curve.slice(i - (i % every), i + 1)
    const [returns, lengths] = [part.flatMap(p => p.returns), part.flatMap(p => p.lengths)]
    const { step, seconds, updates } = curve[i]
    return [
      [
        integer(step),
        average(returns),
        average(lengths, 1),
        String(returns.length),
        integer(updates),
        duration(seconds),
      ],
    ]
  })
  return table({
    caption:
      'Since the row above: means over the training episodes that ended; the whole curve is in summary.json.',
    head: ['step', 'return', 'length', 'episodes', 'updates in all', 'time'],
    rows,
  })
}

function average(values: readonly number[], digits = 2): string {
  if (values.length === 0) return '-'
  return decimal(values.reduce((sum, value) => sum + value, 0) / values.length, digits)
}

/** The agent's own figures, a small chart each. */
function figuresSection(summary: TrainSummary): Html {
  const names = [...new Set(summary.curve.flatMap(point => Object.keys(point.report)))]
  if (names.length === 0) return html`<section><h2>The agent's figures</h2><p>It reports none.</p></section>`
  return html`<section><h2>The agent's figures</h2>
<p>As its updates reported them; each point is a mean over the updates since the one before.</p>
<div class="small-charts">${names.map((name, i) => figureChart(summary, name, i))}</div></section>`
}

function figureChart(summary: TrainSummary, name: string, index: number): Html {
  const data = summary.curve.flatMap(({ step, report }) => {
    return Number.isFinite(report[name]) ? [[step, report[name]]] : []
  })
  return chart({
    id: `figure-${index}`,
    title: `${name} over environment steps`,
    description: name,
    width: 430,
    height: 190,
    option: {
      grid: { left: 64, right: 16, top: 14, bottom: 28 },
      xAxis: { ...stepAxis(summary), name: '', splitNumber: 4 },
      yAxis: { ...AXIS, type: 'value', scale: true, splitNumber: 3 },
      series: [
        {
          type: 'line',
          data,
          showSymbol: data.length === 1,
          lineStyle: { color: COLOURS.policy, width: 1.5 },
          itemStyle: { color: COLOURS.policy },
        },
      ],
    },
  })
}

function stepAxis({ steps }: TrainSummary) {
  return {
    ...AXIS,
    axisLine: { ...AXIS.axisLine, onZero: false },
    type: 'value' as const,
    name: 'environment steps',
    nameLocation: 'middle' as const,
    nameGap: 30,
    min: 0,
    max: steps,
    splitLine: { show: false },
    axisLabel: { ...AXIS.axisLabel, formatter: (value: number) => integer(value) },
  }
}

function settingsSection(summary: TrainSummary): Html {
  const { envs, normalize, gamma, engine, agentConfig, envOptions, versions } = summary.settings
  const rows = [
    ['seed', String(summary.seed)],
    ['environments at once', String(envs)],
    ['normalised', normalize.length === 0 ? 'nothing' : normalize.join(', ')],
    ['γ', String(gamma)],
    ["the agent's networks", engine],
    ['agent settings given', JSON.stringify(agentConfig)],
    ['environment options given', JSON.stringify(envOptions)],
    [
      'versions',
      Object.entries(versions)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ],
    ['hash', summary.hash],
  ]
  return html`<section><h2>Settings</h2>${table({
    caption: 'The whole configuration is in config.json; the same seed gives the same hash.',
    head: ['', ''],
    words: [1],
    rows,
  })}</section>`
}
