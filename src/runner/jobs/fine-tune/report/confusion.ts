import { type Html, html } from '../../../report/html.ts'
import { matrixTable } from '../../../report/matrix.ts'
import type { FineTuneSummary } from '../summary.ts'

/** Which class was taken for which, by the model that ships, on the test split. */
export function confusionSection({ test, data }: FineTuneSummary): Html {
  const { confusion } = test
  const { classes } = data
  if (classes === undefined || confusion === undefined || confusion.length === 0) return html``
  return html`<section><h2>Confusion</h2>
${matrixTable({
  caption: 'Clips by class',
  text: 'The model that ships, on the test split. Rows are true classes, columns predicted ones; outlined cells are right.',
  names: classes,
  counts: confusion,
  none: 'no clips',
})}</section>`
}
