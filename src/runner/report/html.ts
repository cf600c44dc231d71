/** Markup that is safe to insert as it is; everything else is escaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = string | number | Html | readonly Html[]

/** A template whose values are escaped unless they are markup already. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.reduce((text, part, i) => text + render(values[i - 1]) + part))
}

export interface Table {
  readonly caption: string
  readonly head: readonly string[]
  /** The first cell of a row is its header. */
  readonly rows: readonly (readonly (string | Html)[])[]
  /** Columns of words, left-aligned; figures stand right. */
  readonly words?: readonly number[]
  /** Index of a row to emphasise. */
  readonly strong?: number
}

export function table({ caption, head, rows, words = [], strong }: Table): Html {
  const kind = (column: number): string => (column === 0 || words.includes(column) ? 'word' : 'figure')
  const headCells = head.map((cell, i) => html`<th scope="col" class="${kind(i)}">${cell}</th>`)
  const bodyRows = rows.map((row, index) => {
    const [first, ...rest] = row
    const cells = rest.map((cell, i) => html`<td class="${kind(i + 1)}">${cell}</td>`)
    return html`<tr class="${index === strong ? 'strong' : 'plain'}"><th scope="row" class="word">${first}</th>${cells}</tr>
`
  })
  return html`<div class="scroll"><table><caption>${caption}</caption><thead><tr>${headCells}</tr></thead>
<tbody>${bodyRows}</tbody></table></div>`
}

export function folded(summary: string, content: Html): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`
}

export function escapeText(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** Without the characters that HTML and SVG forbid. */
export function printable(text: string): string {
  return text.replace(CONTROL, '�')
}

const CONTROL = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu

function render(value: Value): string {
  if (value instanceof Html) return value.text
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'number') return escapeText(String(value))
  return value.map(part => part.text).join('')
}
