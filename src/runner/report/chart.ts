import { createRequire } from 'node:module'
import type * as echarts from 'echarts'
import type { EChartsOption } from 'echarts'
import { vendored } from '../../common/vendored.ts'
import { escapeText, Html, html, printable } from './html.ts'
import { flops } from './words.ts'

/** In one file: the package's own entry is 600 small ones, which take Node ten times as long. */
const { init } = (vendored('echarts.cjs') ??
  createRequire(import.meta.url)('echarts/dist/echarts.min.js')) as typeof echarts

export const COLOURS = {
  ink: '#1f2733',
  soft: '#5b6675',
  grid: '#e3e7ec',
  paper: '#ffffff',
  frozen: '#b9c0c9',
  policy: '#0b6e6e',
  baselines: ['#c2570c', '#5a49b8', '#a11d5b', '#4d6b12', '#1f5fa8', '#7a5a00'],
} as const

/** Learning rates from low to high; readable without colour by lightness (viridis-like, ending dark). */
export const RATE_SCALE = ['#fde9b8', '#f6b26b', '#d8643f', '#8f2a5a', '#3b0f4f'] as const

export const TEXT_STYLE = { color: COLOURS.ink, fontFamily: 'system-ui, sans-serif', fontSize: 13 } as const
export const AXIS = {
  axisLabel: { color: COLOURS.soft, fontSize: 12, hideOverlap: true },
  axisLine: { lineStyle: { color: COLOURS.soft } },
  nameTextStyle: { color: COLOURS.soft, fontSize: 12 },
  splitLine: { lineStyle: { color: COLOURS.grid } },
} as const

/** The gaps are wide because widths of text are guessed here: the reader's font may be wider. */
export const LEGEND = {
  top: 0,
  left: 'center',
  itemGap: 34,
  textStyle: { color: COLOURS.ink, fontSize: 13 },
} as const

/** "2 TFLOP" rather than "2.00 TFLOP", as ticks are round. */
export function axisFlops(value: number): string {
  return flops(value).replace(/\.0+ /, ' ')
}

export interface Chart {
  /** Unique in the page: names the ids inside the drawing. */
  readonly id: string
  readonly title: string
  /** What the drawing shows, for those who can't see it and as its caption. */
  readonly description: string
  readonly width?: number
  readonly height: number
  readonly option: EChartsOption
}

/** Draws on the server: an SVG without scripts, labelled, with the same bytes for the same chart. */
export function chart({ id, title, description, width = 880, height, option }: Chart): Html {
  const instance = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    instance.setOption({ animation: false, textStyle: TEXT_STYLE, ...option })
    return html`<figure>${labelled(instance.renderToSVGString(), { id, title, description })}
<figcaption>${description}</figcaption></figure>`
  } finally {
    instance.dispose()
  }
}

/** "…" in the middle of a name that is too long for an axis; tables hold the whole name. */
export function shortened(name: string, length = 28): string {
  const characters = [...printable(name).replace(/\s+/g, ' ')]
  if (characters.length <= length) return characters.join('')
  const head = Math.ceil((length - 1) / 2)
  return `${characters.slice(0, head).join('')}…${characters.slice(head + 1 - length).join('')}`
}

/**
 * echarts counts its names up from chart to chart, so the same page drawn twice would differ: those of clips are
 * counted anew, and classes go, as they only serve hovering.
 */
function labelled(
  svg: string,
  { id, title, description }: Pick<Chart, 'id' | 'title' | 'description'>,
): Html {
  const names = `aria-labelledby="${id}-title ${id}-text"`
  const clips = new Map<string, string>()
  const renamed = (name: string): string => {
    const known = clips.get(name) ?? `${id}-${clips.size}`
    clips.set(name, known)
    return known
  }
  return new Html(
    svg
      .replace(/<style\b.*?<\/style>/gs, '')
      .replace(/ (?:class|ecmeta_\w+)="[^"]*"/g, '')
      .replace(/\bzr\d+-\w+/g, renamed)
      .replace(
        /^<svg ([^>]*)>/,
        `<svg role="img" ${names} $1><title id="${id}-title">${escapeText(title)}</title>` +
          `<desc id="${id}-text">${escapeText(description)}</desc>`,
      ),
  )
}
