import { element } from './dom.js'
import { heatPart } from './heat.js'
import { tableOf } from './parts.js'

const ROWS = 25

/** Long lists, a page at a time, fetched when they are looked at; at their end they follow what is new. */
export function historyPart(container) {
  const rounds = element('div')
  const episodes = pager('Episodes', 'api/episodes', (table, run) =>
    tableOf({ ...table, head: [...table.head, ''] }, i =>
      element(
        'td',
        {},
        button('rounds', () => showRounds(rounds, run, table.keys[i])),
      ),
    ),
  )
  const notices = pager('Notices', 'api/notices', table => tableOf(table))
  const log = pager('Log', 'api/log', table => tableOf(table))
  container.append(notices.node, episodes.node, rounds, log.node)
  let run
  return history => {
    container.hidden = history === undefined
    if (history === undefined) return
    if (history.run !== run) rounds.replaceChildren()
    run = history.run
    episodes.show(run, history.episodes)
    notices.show(run, history.notices)
    log.show(run, history.lines)
  }
}

async function showRounds(place, run, key) {
  const heat = await asked('api/rounds', { run, key })
  if (heat === undefined) return
  const part = heatPart()
  place.replaceChildren(part.node)
  part.show(heat)
  part.node.scrollIntoView({ block: 'nearest' })
}

function pager(title, path, tableFrom) {
  const table = element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title })
  const node = element('section', { 'aria-label': title })
  const state = { run: undefined, total: 0, from: 0, atEnd: true, shown: '' }
  const load = async () => {
    const key = `${state.run} ${state.from} ${Math.min(state.total, state.from + ROWS)}`
    if (key === state.shown) return
    state.shown = key
    const page = await asked(path, { run: state.run, from: state.from, count: ROWS })
    if (page !== undefined && state.shown === key) table.replaceChildren(tableFrom(page, state.run))
  }
  const last = () => Math.max(0, state.total - ROWS)
  const go = from => {
    state.from = Math.max(0, Math.min(last(), from))
    state.atEnd = state.from === last()
    earlier.disabled = first.disabled = state.from === 0
    later.disabled = newest.disabled = state.atEnd
    load()
  }
  const first = button('first', () => go(0))
  const earlier = button('earlier', () => go(state.from - ROWS))
  const later = button('later', () => go(state.from + ROWS))
  const newest = button('newest', () => go(last()))
  const pages = element('p', { class: 'pages' }, first, earlier, later, newest)
  node.append(element('h3', {}, title), table, pages)
  return {
    node,
    show: (run, total) => {
      node.hidden = total === 0
      pages.hidden = total <= ROWS
      // A run that was cut off and went on has other lines at the same places.
      if (run !== state.run || total < state.total) Object.assign(state, { run, atEnd: true, shown: '' })
      state.total = total
      go(state.atEnd ? last() : state.from)
    },
  }
}

function button(words, press) {
  const node = element('button', { type: 'button' }, words)
  node.addEventListener('click', press)
  return node
}

async function asked(path, query) {
  const response = await fetch(`${path}?${new URLSearchParams(query)}`).catch(() => undefined)
  return response?.ok ? response.json() : undefined
}
