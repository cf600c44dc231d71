import { type Html, html } from '../../../report/html.ts'
import { page } from '../../../report/page.ts'
import { scheduleLabel } from '../../../report/words.ts'
import { endingOf } from '../ending.ts'
import type { ExamplePictures } from '../examples.ts'
import type { FineTuneSummary } from '../summary.ts'
import { baselineCurvesSection } from './baseline-curves.ts'
import { confusionSection } from './confusion.ts'
import { costsSection, dataSection, groupsSection, reproduceSection, searchesSection } from './details.ts'
import { differencesSection } from './differences.ts'
import { examplesSection } from './examples.ts'
import { learningSection } from './learning.ts'
import { mistakesSection } from './mistakes.ts'
import { numbersSection } from './numbers.ts'
import { ratesSection } from './rates.ts'
import { taskDetailsSection } from './task-details.ts'

/** What a summary doesn't hold: images as data URIs, by clip id. */
export interface Pictures {
  /** Of mistakes. */
  readonly thumbnails: ReadonlyMap<string, string>
  readonly examples: ReadonlyMap<string, ExamplePictures>
}

/**
 * A run as one HTML page that needs nothing else: no scripts, fonts or requests. What one has comes first.
 * The same summary and pictures give the same bytes.
 */
export function renderReport(
  summary: FineTuneSummary,
  { thumbnails = new Map(), examples = new Map() }: Partial<Pictures> = {},
): string {
  return page(
    'Fine-tuning report',
    summary.runDir,
    [
      endingSection(summary),
      verdictSection(summary),
      notesSection(summary),
      baselineCurvesSection(summary),
      differencesSection(summary),
      behaviourSection(summary),
      numbersSection(summary),
      mistakesSection(summary, thumbnails),
      examplesSection(summary, examples),
      confusionSection(summary),
      taskDetailsSection(summary),
      learningSection(summary),
      ratesSection(summary),
      searchesSection(summary),
      costsSection(summary),
      groupsSection(summary),
      dataSection(summary),
      reproduceSection(summary),
    ],
    `Fine-tuning report: ${summary.runDir}`,
  )
}

function endingSection(summary: FineTuneSummary): Html {
  const { have, cost, next, command } = endingOf(summary)
  const shell = command === undefined ? html`` : html`<pre><code>${command}</code></pre>`
  return html`<section class="ending" aria-label="Result"><dl><dt>You have</dt><dd>${have}</dd>
<dt>It cost</dt><dd>${cost}</dd>
<dt>Next</dt><dd>${next}${shell}</dd></dl></section>`
}

function verdictSection({ verdict }: FineTuneSummary): Html {
  const { headline, text, outcome } = verdict
  const rest = text.startsWith(headline) ? text.slice(headline.length).trim() : text
  return html`<section class="verdict ${outcome}" aria-label="Verdict"><p class="headline">${headline}</p><p>${rest}</p></section>`
}

function behaviourSection({ behaviour, start }: FineTuneSummary): Html {
  const reads = behaviour.readsStates
    ? 'Its choices differ from state to state.'
    : 'It chose the same actions in every state.'
  return html`<section><h2>What the policy does</h2><p>In its greedy runs: ${behaviour.words}. ${reads} It began with ${startWords(start)}.</p></section>`
}

function startWords({ from }: FineTuneSummary['start']): string {
  if (from === 'chance') return 'a head that guesses'
  return from === 'probe'
    ? 'the linear probe’s solution'
    : `the best that was tried before, ${scheduleLabel(from)}`
}

function notesSection({ notes, updates }: FineTuneSummary): Html {
  const idle = Object.entries(updates)
    .filter(([agent, count]) => count === 0 && !notes.some(note => note.includes(agent)))
    .map(([agent]) => `${agent} got no update, and the run does not say why.`)
  const items = [...notes, ...idle].map(note => html`<li>${note}</li>`)
  return items.length === 0
    ? html``
    : html`<aside class="notes"><strong>Worth knowing</strong><ul>${items}</ul></aside>`
}
