import { type Html, html } from './html.ts'

/** Units that failed, and why; nothing where none did. */
export function failedSection(
  failed: readonly { readonly unit: string; readonly cause: string }[],
  consequence: string,
): readonly Html[] {
  if (failed.length === 0) return []
  const items = failed.map(({ unit, cause }) => html`<li>${unit}: ${cause}</li>`)
  return [
    html`<section><h2>What failed</h2><p>${consequence} <code>layergym resume</code> tries again.</p><ul>${items}</ul></section>`,
  ]
}
