import { type Html, html } from '../../../report/html.ts'
import { percent, plural } from '../../../report/words.ts'
import type { FineTuneSummary } from '../summary.ts'

/** Test clips that the model gets wrong, with their middle frames. @param thumbnails data URIs by clip id */
export function mistakesSection(
  { mistakes }: FineTuneSummary,
  thumbnails: ReadonlyMap<string, string>,
): Html {
  if (mistakes.length === 0) return html``
  const items = mistakes.map(({ clip, label, predicted, probability }) => {
    const thumbnail = thumbnails.get(clip)
    const image = thumbnail === undefined ? html`` : html`<img alt="" src="${thumbnail}">`
    return html`<li>${image}<p>said <strong>${predicted}</strong> (${percent(probability)}), labelled ${label}</p><p class="clip">${clip}</p></li>
`
  })
  return html`<section><h2>Mistakes</h2>
<p>${plural(mistakes.length, 'test clip')} that the model in the folder gets wrong, the surest first: what it said, and what the clip is labelled. A wrong label shows here too.</p><ul class="mistakes">${items}</ul></section>`
}
