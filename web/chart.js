import { range, scale, short, ticks } from './axes.js'
import { drawn, element, readable } from './dom.js'

const HEIGHT = 230
const MARGIN = { left: 58, right: 14, top: 10, bottom: 36 }
/** Points of a series up to which each shows its error. */
const WHISKERS = 120
/** Series up to which each shows its band: more of them are a fog. */
const BANDS = 4

/** A figure of curves: lines, points with their errors, bands from the least to the most, levels to compare with. */
export function chartPart() {
  const caption = element('figcaption')
  const legend = element('ul', { class: 'legend' })
  const frame = element('div', { tabindex: 0, role: 'group' })
  const output = element('p', { class: 'reading', 'aria-live': 'polite' })
  const node = element('figure', {}, caption, legend, frame, output)
  let plot
  let chart
  const draw = () => {
    plot = plotOf(chart, Math.max(280, frame.clientWidth))
    frame.replaceChildren(plot.svg)
  }
  const again = readable(frame, output, {
    count: () => plot?.xs.length ?? 0,
    at: event => nearest(plot.xs.map(plot.x), event.clientX - plot.svg.getBoundingClientRect().left),
    mark: index => plot.mark(index),
  })
  new ResizeObserver(() => {
    if (chart !== undefined && plot?.width !== Math.max(280, frame.clientWidth)) draw()
  }).observe(frame)
  return {
    node,
    show: item => {
      chart = item
      caption.replaceChildren(element('strong', {}, item.title), ` ${item.description}`)
      frame.setAttribute('aria-label', `${item.title}: arrow keys read its values`)
      legend.replaceChildren(...legendOf(item))
      draw()
      again()
    },
  }
}

function legendOf({ series, levels }) {
  const entry = (name, i, kind) =>
    element('li', {}, element('span', { class: `key ${kind} c${i % 8}` }), name)
  if (series.length + levels.length < 2) return []
  return [
    ...series.map(({ name }, i) => entry(name, i, 'solid')),
    ...levels.map(({ name }, i) => entry(name, series.length + i, 'dashed')),
  ]
}

function plotOf(chart, width) {
  const { series, levels } = chart
  const all = series.flatMap(({ points }) => points)
  const xs = [...new Set(all.map(({ x }) => x))].sort((a, b) => a - b)
  const [left, right] = range(xs, 0.01)
  const extents = series.length <= BANDS ? all.flatMap(extent) : all.map(({ y }) => y)
  const [low, high] = range([...extents, ...levels.map(({ y }) => y)])
  const x = scale([left, right], [MARGIN.left, width - MARGIN.right])
  const y = scale([low, high], [HEIGHT - MARGIN.bottom, MARGIN.top])
  const cursor = drawn('g', { class: 'cursor' })
  const svg = drawn(
    'svg',
    { width, height: HEIGHT, role: 'img', 'aria-label': labelOf(chart) },
    axes(chart, { x, y, width, bounds: { left, right, low, high } }),
    levels.map((level, i) => levelLine(level, { y, width, colour: (series.length + i) % 8 })),
    series.map((one, i) => curve(one, { colour: i % 8, x, y, bands: series.length <= BANDS })),
    cursor,
  )
  const mark = index => {
    cursor.replaceChildren()
    if (index === undefined) return ''
    const at = xs[index]
    cursor.append(drawn('line', { x1: x(at), x2: x(at), y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }))
    return `${chart.x} ${short(Number(at.toPrecision(6)))}: ${readings(series, at).join('; ')}`
  }
  return { svg, xs, x, width, mark }
}

function extent({ y, low = y, high = y, noise = 0 }) {
  return [low, high, y - noise, y + noise]
}

function labelOf({ title, description, series }) {
  const last = series.map(({ name, points }) =>
    points.length > 0 ? `${name} ${short(points.at(-1).y)}` : name,
  )
  return `${title}. ${description} Last: ${last.join(', ')}.`
}

function readings(series, at) {
  return series.flatMap(({ name, points }) => {
    const point = points.find(({ x }) => x === at)
    if (point === undefined) return []
    const noise = point.noise === undefined ? '' : ` ± ${short(point.noise)}`
    const between = point.low === undefined ? '' : ` (${short(point.low)} to ${short(point.high)})`
    return [`${name} ${short(point.y)}${noise}${between}`]
  })
}

function axes(chart, { x, y, width, bounds }) {
  const bottom = HEIGHT - MARGIN.bottom
  const across = ticks(bounds.left, bounds.right, width / 110).map(value =>
    drawn('text', { x: x(value), y: bottom + 16, 'text-anchor': 'middle' }, short(value)),
  )
  const up = ticks(bounds.low, bounds.high, 4).map(value => [
    drawn('line', { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }),
    drawn('text', { x: MARGIN.left - 6, y: y(value) + 4, 'text-anchor': 'end' }, short(value)),
  ])
  return drawn(
    'g',
    { class: 'axes' },
    across,
    up.flat(),
    drawn('text', { x: width - MARGIN.right, y: HEIGHT - 4, 'text-anchor': 'end', class: 'name' }, chart.x),
  )
}

function levelLine({ y: value }, { y, width, colour }) {
  const ends = { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }
  return drawn('line', { ...ends, class: `level c${colour}` })
}

function curve({ drawn: how, points }, { colour, x, y, bands }) {
  const band = bands ? points.filter(({ low }) => low !== undefined) : []
  const path = (list, value) => list.map(point => `${x(point.x).toFixed(1)},${y(value(point)).toFixed(1)}`)
  const around = [...path(band, ({ high }) => high), ...path(band.toReversed(), ({ low }) => low)]
  const whiskers = points.length <= WHISKERS ? points.filter(({ noise }) => noise !== undefined) : []
  const dots = how === 'points' || points.length === 1 ? points : []
  return drawn(
    'g',
    { class: `series ${how} c${colour}` },
    band.length > 1 ? [drawn('polygon', { points: around.join(' ') })] : [],
    whiskers.map(point => whisker(point, x, y)),
    drawn('polyline', { points: path(points, point => point.y).join(' ') }),
    dots.map(point =>
      drawn('circle', { cx: x(point.x), cy: y(point.y), r: points.length > WHISKERS ? 1.6 : 2.6 }),
    ),
  )
}

function whisker({ x: at, y: value, noise }, x, y) {
  return drawn('line', { class: 'noise', x1: x(at), x2: x(at), y1: y(value - noise), y2: y(value + noise) })
}

function nearest(places, place) {
  return places.reduce(
    (best, each, i) => (Math.abs(each - place) < Math.abs(places[best] - place) ? i : best),
    0,
  )
}
