import { type Html, html } from '../../../report/html.ts'
import { percent, plural } from '../../../report/words.ts'
import type { ExamplePictures } from '../examples.ts'
import type { FineTuneSummary } from '../summary.ts'

/** Test clips with what is true of them and what the model says, side by side. @param pictures by clip id */
export function examplesSection(
  { examples, task }: FineTuneSummary,
  pictures: ReadonlyMap<string, ExamplePictures>,
): Html {
  const shown = examples.flatMap(({ clip, primary }) => {
    const own = pictures.get(clip)
    return own === undefined ? [] : [{ clip, primary, ...own }]
  })
  if (shown.length === 0) return html``
  const items = shown.map(
    ({ clip, primary, truth, prediction }) =>
      html`<li><div><img alt="what is true" src="${truth}"><img alt="what the model says" src="${prediction}"></div><p>${percent(primary)} ${task.metric} by itself</p><p class="clip">${clip}</p></li>
`,
  )
  return html`<section><h2>Examples</h2>
<p>${plural(shown.length, 'test clip')} as the model in the folder sees them, those that weigh its ${task.metric} down most first: what is true on the left, what the model says on the right. A wrong annotation shows here too.</p><ul class="examples">${items}</ul></section>`
}
