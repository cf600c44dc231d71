import type { EChartsOption } from 'echarts'
import { mean } from '../../../common/statistics.ts'
import { AXIS, COLOURS, chart, LEGEND } from '../../report/chart.ts'
import { failedSection } from '../../report/failed.ts'
import { type Html, html, table } from '../../report/html.ts'
import { page } from '../../report/page.ts'
import { decimal, integer, integerIfKnown, plural, pWords, signed } from '../../report/words.ts'
import { differenceWord, intervalWords, runsTable, shareWords, within } from './figures.ts'
import type { Joined } from './joined/join.ts'
import { joinedSection } from './joined/section.ts'
import type { AgentResult, BenchmarkSummary } from './summary.ts'
import { variantsSection } from './variants.ts'
import { returnWord } from './words.ts'

/** A comparison of agents as one HTML page that needs nothing else; the same summary gives the same bytes. */
export function renderBenchmarkReport(summary: BenchmarkSummary & { readonly joined?: Joined }): string {
  return page(`Agents on ${summary.env}`, summary.dir, [
    verdictSection(summary),
    ...failedSection(summary.failed, 'Agents are compared by their other runs.'),
    resultsSection(summary),
    curvesSection(summary),
    differencesSection(summary),
    ...variantsSection(summary.variants),
    ...joinedSection(summary.joined),
    runsSection(summary),
  ])
}

function verdictSection({ agents, differences, seeds, measured }: BenchmarkSummary): Html {
  const ranked = [...agents].sort((a, b) => b.mean - a.mean)
  const beaten = differences.filter(({ of, better }) => of === ranked[0].agent && better)
  const open = differences.filter(({ of, better }) => of === ranked[0].agent && !better)
  const headline =
    agents.length === 1
      ? `${ranked[0].agent}: ${returnWord({ measured })} ${decimal(ranked[0].mean, 2)}`
      : beaten.length === ranked.length - 1
        ? `${ranked[0].agent} is the best`
        : `${ranked[0].agent} has the highest mean; ${plural(open.length, 'other')} may be as good`
  return html`<section class="verdict ${open.length === 0 ? 'yes' : 'unclear'}" aria-label="Verdict"><p class="headline">${headline}</p>
<p>${measured ?? 'By greedy returns after training'}, over ${plural(seeds.length, 'seed')}. A difference counts where its p, by Holm over all pairs, is at most 0.05${
    beaten.length === 0 ? '' : ` (${beaten.map(({ from }) => `from ${from}`).join(', ')})`
  }; intervals are each by itself, uncorrected.</p></section>`
}

function resultsSection(summary: BenchmarkSummary): Html {
  const { agents, rewardThreshold, evalEpisodes, steps, measured } = summary
  return html`<section><h2>The numbers</h2>${table({
    caption: `${measured ?? `Greedy returns, mean of ${plural(evalEpisodes, 'episode')} a run`}, after ${integer(steps)} steps. Mean over seeds, below it its 95 % interval (Student's t); interquartile mean as Agarwal et al. (2021), with the bootstrap's; while learning: return of training episodes, mean over all steps.`,
    head: ['', 'mean', 'interquartile mean', 'while learning', 'lowest', 'highest', 'solved', 'steps/s'],
    rows: agents.map(
      ({ agent, runs, interval, iqm, iqmInterval, overSteps, solved, stepsPerSecond, ...result }) => {
        const returns = runs.map(run => run.meanReturn)
        return [
          agent,
          within(decimal(result.mean, 2), intervalWords(interval)),
          within(decimal(iqm, 2), intervalWords(iqmInterval)),
          overSteps === undefined ? '-' : decimal(overSteps, 2),
          decimal(Math.min(...returns), 2),
          decimal(Math.max(...returns), 2),
          solved === undefined ? '-' : `${solved} of ${runs.length}`,
          integerIfKnown(stepsPerSecond),
        ]
      },
    ),
  })}${rewardThreshold === undefined ? html`` : html`<p>A run counts as solved from a mean return of ${rewardThreshold} on.</p>`}</section>`
}

/** Points that every run's curve is read at. */
const POINTS = 50

function curvesSection({ agents, steps, rewardThreshold }: BenchmarkSummary): Html {
  const colours = [COLOURS.policy, ...COLOURS.baselines]
  const grid = Array.from({ length: POINTS }, (_, i) => ((i + 1) * steps) / POINTS)
  const series = agents.flatMap((result, index) => {
    const color = colours[index % colours.length]
    const runs = result.runs.map(run => smoothed(run, grid))
    const at = grid.map((_, i) => runs.map(run => run[i]).filter(Number.isFinite))
    const points = (of: (values: number[]) => number) =>
      grid.flatMap((step, i) => (at[i].length === 0 ? [] : [[step, of(at[i])]]))
    const thin = { width: 1, type: 'dotted' as const, color }
    const base = { type: 'line' as const, showSymbol: false, itemStyle: { color } }
    return [
      { ...base, name: result.agent, data: points(mean), lineStyle: { width: 2.5, color } },
      { ...base, name: `${result.agent} lowest`, data: points(v => Math.min(...v)), lineStyle: thin },
      { ...base, name: `${result.agent} highest`, data: points(v => Math.max(...v)), lineStyle: thin },
    ]
  })
  const option: EChartsOption = {
    legend: { ...LEGEND, data: agents.map(({ agent }) => agent) },
    grid: { left: 64, right: 24, top: 60, bottom: 50 },
    xAxis: {
      ...AXIS,
      axisLine: { ...AXIS.axisLine, onZero: false },
      type: 'value',
      name: 'environment steps',
      nameLocation: 'middle',
      nameGap: 30,
      max: steps,
      splitLine: { show: false },
      axisLabel: { ...AXIS.axisLabel, formatter: (value: number) => integer(value) },
    },
    yAxis: { ...AXIS, type: 'value', name: 'return', scale: true },
    series,
  }
  const threshold =
    rewardThreshold === undefined ? '' : ` The environment counts as solved from ${rewardThreshold} on.`
  return html`<section><h2>Learning</h2>${chart({
    id: 'curves',
    title: 'Return of training episodes over environment steps',
    description: `Mean over seeds of the returns of the last 20 training episodes, in which agents explore; dotted: the lowest and the highest seed.${threshold}`,
    height: 380,
    option,
  })}</section>`
}

const WINDOW = 20

/** A run's mean of the last episodes at each step of the grid; NaN before the first episode ended. */
function smoothed({ curve }: AgentResult['runs'][number], grid: readonly number[]): readonly number[] {
  let recent: readonly number[] = []
  let next = 0
  return grid.map(step => {
    for (; next < curve.length && curve[next].step <= step; next++) {
      recent = [...recent, ...curve[next].returns].slice(-WINDOW)
    }
    return recent.length === 0 ? Number.NaN : mean(recent)
  })
}

function differencesSection({ differences, measured }: BenchmarkSummary): Html {
  if (differences.length === 0) return html``
  return html`<section><h2>Differences</h2>${table({
    caption: `Of mean ${returnWord({ measured })}s over seeds, with 95 % intervals (Welch's t), each by itself. Better runs: how likely a run of the first is better than one of the second (Mann and Whitney's U). The adjusted p is Holm's, over all pairs.`,
    head: ['', 'difference', '95 % interval', 'better runs', 'adjusted p', ''],
    words: [5],
    rows: differences.map(difference => [
      `${difference.of} − ${difference.from}`,
      signed(difference.mean, 2),
      intervalWords(difference.interval),
      shareWords(difference.probability),
      difference.adjusted === undefined ? '-' : pWords(difference.adjusted),
      differenceWord(difference),
    ]),
  })}</section>`
}

function runsSection({
  agents,
  versions,
  measured,
  joined,
}: BenchmarkSummary & { readonly joined?: Joined }): Html {
  const rows = agents.flatMap(({ agent, runs }) =>
    runs.map(({ seed, meanReturn, stepsPerSecond, hash }) => [
      `${agent}, seed ${seed}`,
      decimal(meanReturn, 2),
      integerIfKnown(stepsPerSecond),
      hash.slice(0, 16),
    ]),
  )
  return runsTable({ head: [returnWord({ measured }), 'steps/s'], rows, versions, joined })
}
