import type { Axis, Placement, Region } from './placement.ts'

/** Value of pixels that nothing covers, as in YOLOv5. */
export const GREY = 114

/** [T, H, W, C] */
export type ClipShape = readonly [frames: number, height: number, width: number, channels: number]

/** Bits of a weight: two of them and a byte stay below 2^31. */
const BITS = 11
const ONE = 1 << BITS
const HALF = 1 << (2 * BITS - 1)

/**
 * Draws what a placement shows of the source into a region of the output, bilinearly, places half a pixel in; what lies
 * outside the source is left as it is.
 * @param source uint8 [T, H, W, C] of one clip
 * @param into likewise
 */
export function drawPixels(
  source: Uint8Array,
  into: Uint8Array,
  [frames, height, width, channels]: ClipShape,
  placement: Placement,
  region: Region,
): void {
  const columns = neighbours(placement.x, width, region.left, region.right)
  const rows = neighbours(placement.y, height, region.top, region.bottom)
  const [lefts, rights] = [inValues(columns.first, channels), inValues(columns.second, channels)]
  const line = new Int32Array(width * channels)
  const row = width * channels
  const start = columns.from * channels
  for (let frame = 0; frame < frames; frame++) {
    const base = frame * height * row
    for (let y = rows.from; y < rows.to; y++) {
      const i = y - rows.from
      mixRows(source, base + rows.first[i] * row, base + rows.second[i] * row, rows.weight[i], line)
      mixColumns(line, { lefts, rights, weights: columns.weight, channels }, into, base + y * row + start)
    }
  }
}

/** [H·W] indices, the nearest of the source; what lies outside it is left as it is. */
export function drawMask(
  source: Uint8Array,
  into: Uint8Array,
  [, height, width]: ClipShape,
  placement: Placement,
  region: Region,
): void {
  const columns = neighbours(placement.x, width, region.left, region.right)
  const rows = neighbours(placement.y, height, region.top, region.bottom)
  for (let y = rows.from; y < rows.to; y++) {
    const from = rows.nearest[y - rows.from] * width
    for (let x = columns.from; x < columns.to; x++)
      into[y * width + x] = source[from + columns.nearest[x - columns.from]]
  }
}

/** Along one axis, of the places from `from` up to `to` that lie within the source. */
interface Neighbours {
  readonly from: number
  readonly to: number
  readonly first: Int32Array
  readonly second: Int32Array
  /** Of `second`, in fixed point. */
  readonly weight: Int32Array
  readonly nearest: Int32Array
}

function neighbours({ scale, offset }: Axis, side: number, start: number, end: number): Neighbours {
  const at = (place: number) => scale * (place + 0.5) + offset
  const isWithin = (place: number) => at(place) >= 0 && at(place) < side
  let from = start
  while (from < end && !isWithin(from)) from++
  let to = end
  while (to > from && !isWithin(to - 1)) to--
  const places = Array.from({ length: to - from }, (_, i) => at(from + i))
  const held = (index: number) => Math.min(side - 1, Math.max(0, index))
  return {
    from,
    to,
    first: Int32Array.from(places, place => held(Math.floor(place - 0.5))),
    second: Int32Array.from(places, place => held(Math.floor(place - 0.5) + 1)),
    weight: Int32Array.from(places, place => Math.round(ONE * (place - 0.5 - Math.floor(place - 0.5)))),
    nearest: Int32Array.from(places, place => held(Math.floor(place))),
  }
}

function inValues(indices: Int32Array, channels: number): Int32Array {
  return indices.map(index => index * channels)
}

function mixRows(source: Uint8Array, above: number, below: number, weight: number, line: Int32Array): void {
  const rest = ONE - weight
  for (let i = 0; i < line.length; i++) line[i] = rest * source[above + i] + weight * source[below + i]
}

interface Columns {
  /** Places in the line. */
  readonly lefts: Int32Array
  readonly rights: Int32Array
  readonly weights: Int32Array
  readonly channels: number
}

function mixColumns(
  line: Int32Array,
  { lefts, rights, weights, channels }: Columns,
  into: Uint8Array,
  offset: number,
): void {
  let at = offset
  for (let x = 0; x < lefts.length; x++) {
    const weight = weights[x]
    const rest = ONE - weight
    const left = lefts[x]
    const right = rights[x]
    for (let c = 0; c < channels; c++)
      into[at++] = (rest * line[left + c] + weight * line[right + c] + HALF) >> (2 * BITS)
  }
}
