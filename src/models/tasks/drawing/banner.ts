import { BLACK, Canvas, type Color, type Frame, textSize } from '../../../common/canvas.ts'
import { dotSize, labelSize, writeLabel } from './labels.ts'

/** A line of words at the top of a picture, cut off where it is too long for it. */
export function withBanner(picture: Frame, words: string, color: Color = BLACK): Frame {
  const canvas = Canvas.over(picture)
  const dot = dotSize(canvas)
  writeLabel(canvas, fitting(words, canvas.width, dot), { x: 0, y: 0 }, dot, color)
  return canvas.frame()
}

/** As much of a text as a line of this many pixels holds. */
function fitting(text: string, width: number, dot: number): string {
  if (labelSize(text, dot).width <= width) return text
  const character = textSize('ab', dot)[0] - textSize('a', dot)[0]
  return `${[...text].slice(0, Math.max(1, Math.floor(width / character) - 3)).join('')}..`
}
