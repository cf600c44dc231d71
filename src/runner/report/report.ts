import type { FineTuneSummary } from '../summary.ts'
import { confusionSection } from './confusion.ts'
import { costsSection, dataSection, groupsSection, reproduceSection, searchesSection } from './details.ts'
import { differencesSection } from './differences.ts'
import { type Html, html } from './html.ts'
import { learningSection } from './learning.ts'
import { numbersSection } from './numbers.ts'
import { page } from './page.ts'
import { ratesSection } from './rates.ts'

/**
 * A run as one HTML page that needs nothing else: no scripts, fonts or requests. The verdict comes first.
 * The same summary gives the same bytes.
 */
export function renderReport(summary: FineTuneSummary): string {
  return page(
    'Fine-tuning report',
    summary.runDir,
    [
      verdictSection(summary),
      notesSection(summary),
      numbersSection(summary),
      differencesSection(summary),
      learningSection(summary),
      ratesSection(summary),
      confusionSection(summary),
      searchesSection(summary),
      costsSection(summary),
      groupsSection(summary),
      dataSection(summary),
      reproduceSection(summary),
    ],
    `Fine-tuning report: ${summary.runDir}`,
  )
}

function verdictSection({ verdict }: FineTuneSummary): Html {
  const { headline, text, outcome } = verdict
  const rest = text.startsWith(headline) ? text.slice(headline.length).trim() : text
  return html`<section class="verdict ${outcome}" aria-label="Verdict"><p class="headline">${headline}</p><p>${rest}</p></section>`
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
