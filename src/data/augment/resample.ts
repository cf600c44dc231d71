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
  const shown = [Math.min(...lefts, ...rights), Math.max(...lefts, ...rights) + channels] as const
  for (let frame = 0; frame < frames; frame++) {
    const base = frame * height * row
    for (let y = rows.from; y < rows.to; y++) {
      const i = y - rows.from
      mixRows(source, base + rows.first[i] * row, base + rows.second[i] * row, rows.weight[i], line, shown)
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
  const result = {
    from,
    to,
    first: new Int32Array(to - from),
    second: new Int32Array(to - from),
    weight: new Int32Array(to - from),
    nearest: new Int32Array(to - from),
  }
  for (let i = 0; i < to - from; i++) {
    const place = at(from + i)
    const before = Math.floor(place - 0.5)
    result.first[i] = Math.max(0, before)
    result.second[i] = Math.min(side - 1, before + 1)
    result.weight[i] = Math.round(ONE * (place - 0.5 - before))
    result.nearest[i] = Math.floor(place)
  }
  return result
}

function inValues(indices: Int32Array, channels: number): Int32Array {
  return indices.map(index => index * channels)
}

/** Values from `first` up to `last` of a row. */
function mixRows(
  source: Uint8Array,
  above: number,
  below: number,
  weight: number,
  line: Int32Array,
  [first, last]: readonly [number, number],
): void {
  const rest = ONE - weight
  for (let i = first; i < last; i++)
    line[i] = Math.imul(rest, source[above + i]) + Math.imul(weight, source[below + i])
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
      into[at++] = (Math.imul(rest, line[left + c]) + Math.imul(weight, line[right + c]) + HALF) >> (2 * BITS)
  }
}
