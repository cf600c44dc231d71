import { shortened } from '../../../report/chart.ts'
import { Html, html } from '../../../report/html.ts'
import { integer, percent } from '../../../report/words.ts'
import type { FineTuneSummary } from '../summary.ts'

/** Which class was taken for which, by the model that ships, on the test split. */
export function confusionSection({ test, data }: FineTuneSummary): Html {
  const { confusion } = test
  const { classes } = data
  if (classes === undefined || confusion === undefined || confusion.length === 0) return html``
  const heads = classes.map(name => html`<th scope="col" class="class">${shortened(name, 20)}</th>`)
  const rows = classes.map((name, actual) => {
    const counts = confusion[actual] ?? []
    const total = counts.reduce((sum, count) => sum + count, 0)
    const cells = counts.map((count, predicted) => cell(count, total, actual === predicted))
    const recall = total === 0 ? 'no clips' : percent((counts[actual] ?? 0) / total)
    return html`<tr><th scope="row" class="word">${shortened(name, 28)}</th>${cells}<td class="figure">${recall}</td></tr>
`
  })
  return html`<section><h2>Confusion</h2>
<p>The model that ships, on the test split. Rows are true classes, columns predicted ones; outlined cells are right.</p><div class="scroll whole"><table class="${classes.length > MANY ? 'confusion many' : 'confusion'}">
<caption>Clips by class</caption>
<thead><tr><td></td>${heads}<th scope="col" class="class">recall</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>`
}

/** From here on cells shrink, so that the page still holds them. */
const MANY = 12

function cell(count: number, total: number, right: boolean): Html {
  const share = total === 0 ? 0 : count / total
  const paper = `rgba(11, 110, 110, ${(0.6 * share).toFixed(3)})`
  return html`<td class="${right ? 'right' : 'wrong'}" style="${new Html(`background: ${paper}`)}">${integer(count)}</td>`
}
