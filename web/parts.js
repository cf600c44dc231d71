import { element } from './dom.js'

/** A table whose first cells of rows are headers; a figure says its exact number where one points at it. */
export function tablePart() {
  const node = element('div', { class: 'scroll', tabindex: 0, role: 'region' })
  return {
    node,
    show: table => {
      node.setAttribute('aria-label', table.caption)
      node.replaceChildren(tableOf(table))
    },
  }
}

/** @param extra what a row has at its end, where it has something */
export function tableOf({ caption, head, rows }, extra = () => []) {
  return element(
    'table',
    {},
    element('caption', {}, caption),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        head.map(name => element('th', { scope: 'col' }, name)),
      ),
    ),
    element(
      'tbody',
      {},
      rows.map((row, i) => rowOf(row, extra(i))),
    ),
  )
}

function rowOf([first, ...rest], extra) {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, first.text),
    rest.map(({ text, exact }) =>
      element('td', exact === undefined ? {} : { class: 'figure', title: exact, 'data-exact': exact }, text),
    ),
    extra,
  )
}

/** A run's state, how far it is, and its figures. */
export function headPart() {
  const words = element('p', { class: 'words' })
  const bar = element('progress', { max: 1 })
  const progress = element('p', { class: 'progress' })
  const facts = element('dl')
  const link = element('a', { target: '_blank', rel: 'noopener' }, 'report')
  const name = element('strong')
  const state = element('span')
  const node = element(
    'section',
    { class: 'head' },
    element('p', { class: 'state' }, state, name, link),
    words,
    progress,
    facts,
  )
  return {
    node,
    show: head => {
      node.setAttribute('aria-label', head.name)
      name.textContent = `${head.name} `
      state.className = `badge ${head.state}`
      state.textContent = head.state
      words.textContent = head.words === head.state ? '' : head.words
      link.hidden = !head.report
      link.href = `report?run=${encodeURIComponent(head.id)}`
      progress.hidden = head.progress === undefined
      if (head.progress !== undefined) {
        bar.value = head.progress.share
        bar.setAttribute('aria-label', head.progress.words)
        progress.replaceChildren(bar, ` ${head.progress.words}`)
      }
      facts.replaceChildren(...head.facts.map(factOf))
    },
  }
}

function factOf({ label, value: { text, exact } }) {
  return element(
    'div',
    {},
    element('dt', {}, label),
    element('dd', exact === undefined ? {} : { title: exact, 'data-exact': exact }, text),
  )
}
