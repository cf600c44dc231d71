import { chartPart } from './chart.js'
import { element, keyed } from './dom.js'
import { heatPart } from './heat.js'
import { historyPart } from './history.js'
import { headPart, tablePart } from './parts.js'

/** Runs that are shown side by side at most. */
const TOGETHER = 8

const at = id => document.getElementById(id)
const heads = keyed(at('heads'), headPart)
const charts = keyed(at('charts'), chartPart)
const figures = keyed(at('figures'), chartPart)
const heats = keyed(at('heats'), heatPart)
const tables = keyed(at('tables'), tablePart)
const pages = historyPart(at('history'))
const runs = keyed(at('runs'), runPart)

let listed = []
let stream

/** The runs that the address names. */
function chosen() {
  return new URLSearchParams(location.hash.slice(1)).getAll('run')
}

function choose(ids) {
  location.hash = new URLSearchParams(ids.slice(0, TOGETHER).map(id => ['run', id])).toString()
}

function runPart() {
  const box = element('input', { type: 'checkbox' })
  const link = element('a')
  const state = element('span')
  const node = element('li', {}, box, state, link)
  let id
  box.addEventListener('change', () =>
    choose(box.checked ? [...chosen(), id] : chosen().filter(each => each !== id)),
  )
  return {
    node,
    show: run => {
      id = run.id
      node.className = run.parent === undefined ? '' : 'part'
      box.checked = run.chosen
      box.setAttribute('aria-label', `compare ${run.name}`)
      state.className = `dot ${run.state}`
      state.title = run.state
      link.href = `#${new URLSearchParams([['run', run.id]])}`
      link.replaceChildren(run.name, element('small', {}, ` ${run.kind}, ${run.state}`))
      if (run.chosen) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    },
  }
}

function showRuns() {
  const ids = chosen()
  runs(listed.map(run => ({ ...run, key: run.id, chosen: ids.includes(run.id) })))
  if (ids.length > 0 || listed.length === 0) return
  const first = listed.find(({ state }) => state === 'running') ?? listed[0]
  history.replaceState(undefined, '', `#${new URLSearchParams([['run', first.id]])}`)
  follow()
}

function showView(view) {
  const keyedBy = (items, key) => items.map(item => ({ ...item, key: key(item) }))
  at('title').textContent = view?.title ?? (listed.length === 0 ? 'No run here yet' : 'This run is gone')
  document.title = view === null ? 'layergym' : `${view.title} · layergym`
  at('verdict').textContent = view?.verdict ?? ''
  at('verdict').hidden = view?.verdict === undefined
  heads(keyedBy(view?.heads ?? [], ({ id }) => id))
  const about = subject => (view?.charts ?? []).filter(chart => chart.about === subject)
  charts(keyedBy(about('run'), ({ id }) => id))
  figures(keyedBy(about('agents'), ({ id }) => id))
  at('agents').hidden = about('agents').length === 0
  heats(keyedBy(view?.heats ?? [], ({ id }) => id))
  tables(keyedBy(view?.tables ?? [], ({ caption }) => caption))
  pages(view?.history)
}

/** Follows what the address names, and nothing else. */
function follow() {
  stream?.close()
  stream = new EventSource(`api/stream?${new URLSearchParams(chosen().map(id => ['run', id]))}`)
  const say = words => {
    at('connection').textContent = words
  }
  stream.addEventListener('open', () => say('live'))
  stream.addEventListener('error', () => say('connection lost; it is tried again'))
  stream.addEventListener('runs', event => {
    listed = JSON.parse(event.data)
    showRuns()
  })
  stream.addEventListener('view', event => showView(JSON.parse(event.data)))
}

addEventListener('hashchange', () => {
  showRuns()
  follow()
})
if (matchMedia('(max-width: 60rem)').matches) at('chooser').open = false
follow()
