import { drawn, element, readable } from './dom.js'

const ROW = 22
const LEFT = 120
const STEPS = 9

/** A figure of who moves at which rate: a row a group, a column an episode or a round. */
export function heatPart() {
  const caption = element('figcaption')
  const legend = element('ul', { class: 'legend' })
  const frame = element('div', { tabindex: 0, role: 'group' })
  const output = element('p', { class: 'reading', 'aria-live': 'polite' })
  const node = element('figure', { class: 'heat' }, caption, legend, frame, output)
  let heat
  let map
  const draw = () => {
    map = mapOf(heat, Math.max(280, frame.clientWidth))
    frame.replaceChildren(map.svg)
  }
  const again = readable(frame, output, {
    count: () => heat?.columns.length ?? 0,
    at: event => Math.floor((event.clientX - map.svg.getBoundingClientRect().left - LEFT) / map.cell),
    mark: index => map.mark(index),
  })
  new ResizeObserver(() => {
    if (heat !== undefined && map?.width !== Math.max(280, frame.clientWidth)) draw()
  }).observe(frame)
  return {
    node,
    show: item => {
      heat = item
      caption.replaceChildren(element('strong', {}, item.title), ` ${item.description}`)
      frame.setAttribute('aria-label', `${item.title}: arrow keys read its columns`)
      legend.replaceChildren(...legendOf(item))
      draw()
      again()
    },
  }
}

function legendOf(heat) {
  const { least, most } = bounds(heat)
  const entry = (kind, words) => element('li', {}, element('span', { class: `key solid ${kind}` }), words)
  const ends =
    most === least
      ? [entry(`r${STEPS - 1}`, rate(most))]
      : [
          entry('r0', rate(least)),
          entry(`r${(STEPS - 1) / 2}`, rate(Math.sqrt(least * most))),
          entry(`r${STEPS - 1}`, rate(most)),
        ]
  return [entry('frozen', 'frozen'), ...(most > 0 ? ends : [])]
}

function rate(value) {
  return value.toExponential(1).replace('.0e', 'e').replace('-', '−')
}

function bounds({ cells }) {
  const rates = cells.flat().flatMap(cell => (cell.rate > 0 ? [cell.rate] : []))
  return rates.length === 0 ? { least: 0, most: 0 } : { least: Math.min(...rates), most: Math.max(...rates) }
}

function mapOf(heat, width) {
  const { rows, columns, cells } = heat
  const cell = Math.min(90, (width - LEFT - 4) / columns.length)
  const height = ROW * rows.length + 22
  const classOf = colours(heat)
  const cursor = drawn('g', { class: 'cursor' })
  const svg = drawn(
    'svg',
    { width, height, role: 'img', 'aria-label': `${heat.title}. ${heat.description} ${lastWords(heat)}` },
    rows.map((name, row) =>
      drawn('text', { x: LEFT - 8, y: ROW * row + 15, 'text-anchor': 'end' }, clipped(name)),
    ),
    cells.flatMap((line, row) =>
      line.map((one, column) =>
        drawn(
          'rect',
          {
            x: LEFT + column * cell,
            y: ROW * row + 1,
            width: Math.max(1, cell - (cell > 6 ? 1 : 0)),
            height: ROW - 2,
            class: classOf(one.rate),
          },
          drawn('title', {}, `${rows[row]}, ${columns[column]}: ${one.words}`),
        ),
      ),
    ),
    drawn('text', { x: LEFT, y: height - 6 }, columns[0]),
    columns.length > 1
      ? [
          drawn(
            'text',
            {
              x: LEFT + cell * columns.length,
              y: height - 6,
              'text-anchor': cell * columns.length > 200 ? 'end' : 'start',
            },
            columns.at(-1),
          ),
        ]
      : [],
    cursor,
  )
  const mark = index => {
    cursor.replaceChildren()
    if (index === undefined) return ''
    cursor.append(drawn('rect', { x: LEFT + index * cell, y: 0, width: cell, height: ROW * rows.length }))
    return `${columns[index]}: ${rows.map((row, i) => `${row} ${cells[i][index].words}`).join('; ')}`
  }
  return { svg, cell, width, mark }
}

function colours(heat) {
  const { least, most } = bounds(heat)
  const [from, to] = [Math.log(least), Math.log(most)]
  return value => {
    if (value <= 0) return 'frozen'
    return `r${to === from ? STEPS - 1 : Math.round(((Math.log(value) - from) / (to - from)) * (STEPS - 1))}`
  }
}

function clipped(text) {
  return text.length > 16 ? `${text.slice(0, 15)}…` : text
}

function lastWords({ rows, columns, cells }) {
  return `Last, ${columns.at(-1)}: ${rows.map((row, i) => `${row} ${cells[i].at(-1).words}`).join('; ')}.`
}
