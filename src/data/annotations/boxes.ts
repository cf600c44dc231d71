import { inputError } from '../../common/error.ts'
import type { Box } from '../annotation.ts'
import { cutOff, type Size } from '../geometry.ts'

/** Boxes may reach so far out of their frame, and are cut off; what rounds coordinates goes no further. Pixels. */
const TOLERANCE = 1

/**
 * A box as it may be learned from, within its frame.
 * @param where file and line, to begin a message with
 * @throws input error for no area, or a box that reaches out of its frame
 */
export function checkedBox(box: Box, size: Size, where: string): Box {
  const { x, y, width, height, label } = box
  const numbers = [x, y, width, height]
  if (!numbers.every(Number.isFinite))
    throw inputError('data.box', `${where}: x, y, w and h are ${numbers.join(', ')}, and must be numbers`)
  if (label === '') throw inputError('data.label', `${where}: the box has no label`)
  if (width <= 0 || height <= 0)
    throw inputError(
      'data.box',
      `${where}: the box of '${label}' has no area: it is ${width} wide and ${height} high, and both must be above 0`,
    )
  const out = Math.max(-x, -y, x + width - size[1], y + height - size[0])
  const inside = out > TOLERANCE ? undefined : cutOff(box, size)
  if (inside === undefined)
    throw inputError(
      'data.box',
      `${where}: the box of '${label}' (x ${round(x)}, y ${round(y)}, w ${round(width)}, h ${round(height)}) reaches ` +
        `${round(out)} px out of its frame, which is ${size[1]} wide and ${size[0]} high; up to ${TOLERANCE} px is cut off`,
    )
  return inside
}

/** The number that a text is; undefined where it is none. */
export function numberIn(text: string | undefined): number | undefined {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : undefined
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
