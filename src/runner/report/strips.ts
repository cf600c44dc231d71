import { classColour, hexOf } from '../../common/palette.ts'
import type { Strip, Strips } from '../../models/tasks/shown.ts'
import { COLOURS, shortened } from './chart.ts'
import { escapeText, Html, html } from './html.ts'
import { duration } from './words.ts'

const WIDTH = 880
const NAMES = 60
const BAR = 18
const GAP = 4
/** For the time below. */
const FOOT = 20
const FONT = 'font-family="system-ui, sans-serif" font-size="12"'

/** Recordings as strips of time, a colour a label; one legend for all. */
export function stripsFigure({ labels, strips, text }: Omit<Strips, 'kind' | 'title'>): Html {
  const used = labels.flatMap((name, label) => {
    const occurs = strips.some(({ rows }) => rows.some(({ spans }) => spans.some(span => span[2] === label)))
    return occurs ? [{ name, label }] : []
  })
  const legend = used.map(
    ({ name, label }) =>
      html`<li><span style="${new Html(`background: ${hexOf(classColour(label))}`)}"></span>${shortened(name)}</li>`,
  )
  const drawings = strips.map(strip => html`<h3>${shortened(strip.name, 60)}</h3>${drawingOf(strip, labels)}`)
  return html`<figure class="strips"><ul class="legend">${legend}</ul>${drawings}<figcaption>${text}</figcaption></figure>`
}

function drawingOf({ name, rows }: Strip, labels: readonly string[]): Html {
  const spans = rows.flatMap(row => row.spans)
  const start = Math.min(...spans.map(([from]) => from))
  const end = Math.max(...spans.map(([, to]) => to))
  const scale = (WIDTH - NAMES) / Math.max(end - start, 1e-9)
  const at = (time: number) => NAMES + (time - start) * scale
  const height = rows.length * (BAR + GAP) + FOOT
  const bars = rows.map((row, i) => {
    const y = i * (BAR + GAP)
    const rects = row.spans.map(([from, to, label]) => {
      const width = Math.max(0.5, (to - from) * scale)
      const title = `${labels[label]}, ${from.toFixed(1)} to ${to.toFixed(1)} s`
      return `<rect x="${at(from).toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${hexOf(classColour(label))}"><title>${escapeText(title)}</title></rect>`
    })
    return `<text x="0" y="${y + BAR - 5}" ${FONT} fill="${COLOURS.ink}">${escapeText(row.name)}</text>${rects.join('')}`
  })
  const time = (seconds: number, x: number, anchor: string) =>
    `<text x="${x}" y="${height - 5}" ${FONT} text-anchor="${anchor}" fill="${COLOURS.soft}">${duration(seconds)}</text>`
  const axis = `${time(start, NAMES, 'start')}${time(end, WIDTH, 'end')}`
  return new Html(
    `<svg role="img" aria-label="${escapeText(name)}" viewBox="0 0 ${WIDTH} ${height}" xmlns="http://www.w3.org/2000/svg">${bars.join('')}${axis}</svg>`,
  )
}
