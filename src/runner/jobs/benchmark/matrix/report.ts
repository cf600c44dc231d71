import { bandedLines } from '../../../report/bands.ts'
import { chart } from '../../../report/chart.ts'
import { failedSection } from '../../../report/failed.ts'
import { type Html, html, table } from '../../../report/html.ts'
import { page } from '../../../report/page.ts'
import { decimal, integer, integerIfKnown, plural } from '../../../report/words.ts'
import { intervalWords, runsTable, within } from '../figures.ts'
import type { Joined } from '../joined/join.ts'
import { joinedSection } from '../joined/section.ts'
import { variantsSection } from '../variants.ts'
import { returnWord } from '../words.ts'
import { environmentSection, improvementsSection, returnsWords } from './report-tables.ts'
import { type MatrixSummary, partialOf } from './summary.ts'
import { headlineOf } from './verdict.ts'

/** A comparison over several environments as one HTML page that needs nothing else; the same summary gives the same bytes. */
export function renderMatrixReport(summary: MatrixSummary & { readonly joined?: Joined }): string {
  const { environments } = summary
  return page(`Agents on ${plural(environments.length, 'environment')}`, summary.dir, [
    verdictSection(summary),
    ...failedSection(summary.failed, 'What is compared goes by the other runs.'),
    aggregatesSection(summary),
    improvementsSection(summary),
    profilesSection(summary),
    curvesSection(summary),
    scaleSection(summary),
    ...environments.map(environment => environmentSection(environment, summary)),
    ...variantsSection(summary.variants),
    ...joinedSection(summary.joined),
    runsSection(summary),
  ])
}

function verdictSection(summary: MatrixSummary): Html {
  const { headline, clear } = headlineOf(summary)
  const { seeds, comparisons, measured } = summary
  return html`<section class="verdict ${clear ? 'yes' : 'unclear'}" aria-label="Verdict"><p class="headline">${headline}</p>
<p>${measured ?? 'By greedy returns after training'}, over ${plural(seeds.length, 'seed')}, on one scale. A difference counts where its p, by Holm over all ${plural(comparisons, 'difference')} on this page, is at most 0.05; intervals are each by itself, uncorrected. What holds here holds with other seeds in these environments, not in others.</p></section>`
}

function aggregatesSection(summary: MatrixSummary): Html {
  const { aggregates, environments, steps } = summary
  const partial = partialOf(summary)
  if (aggregates.length === 0) {
    return html`<section><h2>Over environments</h2><p>No agent has a run in every environment: there is nothing to sum up.</p></section>`
  }
  return html`<section><h2>Over environments</h2>${table({
    caption: `Scores of ${plural(environments.length, 'environment')} after ${integer(steps)} steps. ${returnsWords(summary)}: 0 and 1 are the references below. Interquartile mean, over all runs; mean and median of the environments' means; optimality gap, how far scores fall short of 1 (Agarwal et al. 2021). Area under the curve: scores of training episodes, mean over all steps. Below each its 95 % interval, by the stratified bootstrap over runs.`,
    head: ['', 'interquartile mean', 'mean', 'median', 'optimality gap', 'area under the curve'],
    rows: aggregates.map(({ agent, interquartileMean, mean, median, optimalityGap, areaUnderCurve }) => [
      agent,
      ...[interquartileMean, mean, median, optimalityGap, areaUnderCurve].map(estimate =>
        estimate === undefined ? '-' : within(decimal(estimate.value, 2), intervalWords(estimate.interval)),
      ),
    ]),
  })}${partial.length === 0 ? html`` : html`<p>Without a run in some environment, and so in the tables of the others alone: ${partial.join(', ')}.</p>`}</section>`
}

function profilesSection({ aggregates, thresholds }: MatrixSummary): Html {
  if (aggregates.length === 0) return html``
  const lines = aggregates.map(({ agent, profile }) => ({ name: agent, ...profile }))
  return html`<section><h2>Performance profiles</h2>${chart({
    id: 'profiles',
    title: 'Share of runs whose score is above a threshold',
    description:
      'Share of all runs, over environments and seeds, whose score is above each value. A curve that is nowhere below another has no worse share of runs at any score. Bands: 95 %, by the stratified bootstrap, each point by itself.',
    height: 340,
    option: bandedLines(lines, {
      x: thresholds,
      xName: 'score',
      yName: 'share of runs',
      xLabel: value => decimal(value, 1),
      yRange: [0, 1],
    }),
  })}</section>`
}

function curvesSection({ aggregates, grid }: MatrixSummary): Html {
  if (aggregates.length === 0) return html``
  const lines = aggregates.map(({ agent, curve }) => ({ name: agent, ...curve }))
  return html`<section><h2>Learning</h2>${chart({
    id: 'curves',
    title: 'Score of training episodes over environment steps',
    description:
      'Interquartile mean over environments and seeds of the last 20 training episodes’ mean score, in which agents explore; from the step on by which every run has ended an episode. Bands: 95 %, by the stratified bootstrap, each point by itself.',
    height: 380,
    option: bandedLines(lines, {
      x: grid,
      from: 0,
      xName: 'environment steps',
      yName: 'score',
      xLabel: integer,
    }),
  })}</section>`
}

function scaleSection({ environments }: MatrixSummary): Html {
  return html`<section><h2>The scale</h2>${table({
    caption: 'Returns that are 0 and 1 on the scale, and where they come from. Scores may lie beyond.',
    head: ['', '0', 'from', '1', 'from'],
    words: [2, 4],
    rows: environments.map(({ env, reference: { lower, upper } }) => [
      env,
      decimal(lower.value, 2),
      lower.source,
      decimal(upper.value, 2),
      upper.source,
    ]),
  })}</section>`
}

function runsSection({
  environments,
  versions,
  measured,
  joined,
}: MatrixSummary & { readonly joined?: Joined }): Html {
  const rows = environments.flatMap(({ env, agents }) =>
    agents.flatMap(({ agent, runs }) =>
      runs.map(({ seed, meanReturn, score, stepsPerSecond, hash }) => [
        `${env}, ${agent}, seed ${seed}`,
        decimal(meanReturn, 2),
        decimal(score, 2),
        integerIfKnown(stepsPerSecond),
        hash.slice(0, 16),
      ]),
    ),
  )
  return runsTable({ head: [returnWord({ measured }), 'score', 'steps/s'], rows, versions, joined })
}
