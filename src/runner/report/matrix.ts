import type { Matrix } from '../../models/tasks/shown.ts'
import { shortened } from './chart.ts'
import { Html, html } from './html.ts'
import { integer, percent } from './words.ts'

export interface MatrixTable extends Omit<Matrix, 'kind' | 'title' | 'of'> {
  readonly caption: string
  /** What is said where a row is empty. */
  readonly none?: string
}

/** From here on cells shrink, so that the page still holds them. */
const MANY = 12

/** What was taken for what: darker is a larger share of its row, outlined is right. */
export function matrixTable({ caption, text, names, withRest, counts, none = 'none' }: MatrixTable): Html {
  const heads = names.map(name => html`<th scope="col" class="class">${shortened(name, 20)}</th>`)
  const rows = names.map((name, actual) => {
    const own = counts[actual] ?? []
    const isRest = withRest === true && actual === names.length - 1
    const total = own.reduce((sum, count) => sum + count, 0)
    const cells = own.map((count, predicted) => cell(count, total, actual === predicted && !isRest))
    const recall = isRest ? '' : total === 0 ? none : percent((own[actual] ?? 0) / total)
    return html`<tr><th scope="row" class="word">${shortened(name, 28)}</th>${cells}<td class="figure">${recall}</td></tr>
`
  })
  return html`<p>${text}</p><div class="scroll whole"><table class="${names.length > MANY ? 'confusion many' : 'confusion'}">
<caption>${caption}</caption>
<thead><tr><td></td>${heads}<th scope="col" class="class">recall</th></tr></thead>
<tbody>${rows}</tbody></table></div>`
}

function cell(count: number, total: number, right: boolean): Html {
  const share = total === 0 ? 0 : count / total
  const paper = `rgba(11, 110, 110, ${(0.6 * share).toFixed(3)})`
  return html`<td class="${right ? 'right' : 'wrong'}" style="${new Html(`background: ${paper}`)}">${integer(count)}</td>`
}
