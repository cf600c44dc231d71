import { type Html, html, table } from '../../../report/html.ts'
import { decimal, integerIfKnown, plural, pWords, signed } from '../../../report/words.ts'
import { differenceWord, intervalWords, shareWords, within } from '../figures.ts'
import type { EnvironmentResult, MatrixSummary, PoweredDifference } from './summary.ts'

/** Pairs over all environments. */
export function improvementsSection({ improvements }: MatrixSummary): Html {
  if (improvements.length === 0) return html``
  return html`<section><h2>Differences over environments</h2>${table({
    caption:
      "Of mean scores, below each its 95 % interval (Welch's t, an environment a stratum). Better runs: how likely a run of the first is better than one of the second in the same environment, mean over environments, with its bootstrap's interval. To be seen: the least true difference that so many seeds tell from none in four of five comparisons, at Holm's first step.",
    head: ['', 'difference', 'better runs', 'adjusted p', 'to be seen', ''],
    words: [5],
    rows: improvements.map(pair => [
      `${pair.of} − ${pair.from}`,
      within(signed(pair.mean, 2), intervalWords(pair.interval)),
      within(shareWords(pair.probability), pair.probabilityInterval?.map(shareWords).join(' to ') ?? '-'),
      pair.adjusted === undefined ? '-' : pWords(pair.adjusted),
      pair.detectable === undefined ? '-' : decimal(pair.detectable, 2),
      differenceWord(pair),
    ]),
  })}</section>`
}

/** One environment's own figures, in its returns. */
export function environmentSection(environment: EnvironmentResult, summary: MatrixSummary): Html {
  const { env, agents, differences, rewardThreshold } = environment
  const results = table({
    caption: `${returnsWords(summary)}. Mean over seeds, below it its 95 % interval (Student's t); interquartile mean with the bootstrap's; while learning: return of training episodes, mean over all steps.`,
    head: ['', 'mean', 'interquartile mean', 'while learning', 'solved', 'steps/s'],
    rows: agents.map(
      ({ agent, runs, mean, interval, iqm, iqmInterval, overSteps, solved, stepsPerSecond }) => [
        agent,
        within(decimal(mean, 2), intervalWords(interval)),
        within(decimal(iqm, 2), intervalWords(iqmInterval)),
        overSteps === undefined ? '-' : decimal(overSteps, 2),
        solved === undefined ? '-' : `${solved} of ${runs.length}`,
        integerIfKnown(stepsPerSecond),
      ],
    ),
  })
  const solved =
    rewardThreshold === undefined
      ? html``
      : html`<p>A run counts as solved from a mean return of ${rewardThreshold} on.</p>`
  return html`<section><h2>${env}</h2>${results}${solved}${differencesTable(differences)}</section>`
}

function differencesTable(differences: readonly PoweredDifference[]): Html {
  if (differences.length === 0) return html``
  return table({
    caption: 'Differences of mean returns, in this environment alone; columns as over environments.',
    head: ['', 'difference', 'better runs', 'adjusted p', 'to be seen', ''],
    words: [5],
    rows: differences.map(pair => [
      `${pair.of} − ${pair.from}`,
      within(signed(pair.mean, 2), intervalWords(pair.interval)),
      shareWords(pair.probability),
      pair.adjusted === undefined ? '-' : pWords(pair.adjusted),
      pair.detectable === undefined ? '-' : decimal(pair.detectable, 2),
      differenceWord(pair),
    ]),
  })
}

/** What runs are compared by. */
export function returnsWords({ measured, evalEpisodes }: MatrixSummary): string {
  return measured ?? `Greedy returns, mean of ${plural(evalEpisodes, 'episode')} a run`
}
