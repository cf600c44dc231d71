import type { FineTuneSummary } from '../summary.ts'
import { confusionSection } from './confusion.ts'
import { costsSection, dataSection, groupsSection, reproduceSection, searchesSection } from './details.ts'
import { differencesSection } from './differences.ts'
import { Html, html } from './html.ts'
import { learningSection } from './learning.ts'
import { numbersSection } from './numbers.ts'
import { ratesSection } from './rates.ts'
import { STYLE } from './style.ts'

/**
 * A run as one HTML page that needs nothing else: no scripts, fonts or requests. The verdict comes first.
 * The same summary gives the same bytes.
 */
export function renderReport(summary: FineTuneSummary): string {
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fine-tuning report: ${summary.runDir}</title><style>${new Html(STYLE)}</style></head>
<body><main>
<header><h1>Fine-tuning report</h1><p>${summary.runDir}</p></header>
${verdictSection(summary)}
${notesSection(summary)}
${numbersSection(summary)}
${differencesSection(summary)}
${learningSection(summary)}
${ratesSection(summary)}
${confusionSection(summary)}
${searchesSection(summary)}
${costsSection(summary)}
${groupsSection(summary)}
${dataSection(summary)}
${reproduceSection(summary)}
</main></body></html>
`
  return page.text
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
