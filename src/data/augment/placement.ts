import type { Box } from '../annotation.ts'

/** One axis: what is at `place` of the output, in pixels, lies at `scale · place + offset` of the source. */
export interface Axis {
  readonly scale: number
  readonly offset: number
}

/** Where an output takes its pixels from: flips, crops and zooms along both axes, nothing turned. */
export interface Placement {
  readonly x: Axis
  readonly y: Axis
}

/** Whole pixels from `left`, `top` up to `right`, `bottom`. */
export interface Region {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export const IN_PLACE: Placement = { x: { scale: 1, offset: 0 }, y: { scale: 1, offset: 0 } }

/** What an output shows of a picture that is itself an output. */
export function composed(outer: Placement, inner: Placement): Placement {
  const along = (key: 'x' | 'y') => ({
    scale: inner[key].scale * outer[key].scale,
    offset: inner[key].scale * outer[key].offset + inner[key].offset,
  })
  return { x: along('x'), y: along('y') }
}

/** Where a box of the source comes to lie; it may reach out of the frame. */
export function movedBox(box: Box, { x, y }: Placement): Box {
  const [left, right] = ends(x, box.x, box.width)
  const [top, bottom] = ends(y, box.y, box.height)
  return { ...box, x: left, y: top, width: right - left, height: bottom - top }
}

/** The part of a box within a region; of width or height 0 where there is none. */
export function cutBox(box: Box, region: Region): Box {
  const x = Math.max(box.x, region.left)
  const y = Math.max(box.y, region.top)
  const width = Math.max(0, Math.min(box.x + box.width, region.right) - x)
  const height = Math.max(0, Math.min(box.y + box.height, region.bottom) - y)
  return { ...box, x, y, width, height }
}

function ends({ scale, offset }: Axis, start: number, length: number): readonly [number, number] {
  const first = (start - offset) / scale
  const last = (start + length - offset) / scale
  return first < last ? [first, last] : [last, first]
}
