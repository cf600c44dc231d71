import type { Fit } from './decode-options.ts'

/** [height, width] in pixels. */
export type Size = readonly [height: number, width: number]

/** A rectangle in pixels; x and y are its left upper corner. */
export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * Where the source's frame comes to lie in a network's input: input = source · scale + offset, of pixels' edges (a
 * pixel's middle is half a pixel further).
 */
export interface Geometry {
  readonly source: Size
  readonly input: Size
  readonly scaleX: number
  readonly scaleY: number
  readonly offsetX: number
  readonly offsetY: number
  /** What of the input the source's frame covers; the rest is bars. */
  readonly covered: Rectangle
}

/** What `decodeVideo` does to frames of `source` pixels, as they are shown, to bring them to `input` pixels. */
export function geometryOf(source: Size, input: Size, fit: Fit): Geometry {
  const [height, width] = input
  const scaled = scaledSize(source, input, fit)
  // ffmpeg's crop and pad cut a half off towards zero.
  const offsetX = Math.trunc((width - scaled[1]) / 2)
  const offsetY = Math.trunc((height - scaled[0]) / 2)
  const covered = cutOff({ x: offsetX, y: offsetY, width: scaled[1], height: scaled[0] }, input)
  return {
    source,
    input,
    scaleX: scaled[1] / source[1],
    scaleY: scaled[0] / source[0],
    offsetX,
    offsetY,
    covered: covered ?? { x: 0, y: 0, width, height },
  }
}

/** From the source's frame to the input's; it may reach out of the input. */
export function toInput<R extends Rectangle>(rectangle: R, geometry: Geometry): R {
  const { scaleX, scaleY, offsetX, offsetY } = geometry
  return {
    ...rectangle,
    x: rectangle.x * scaleX + offsetX,
    y: rectangle.y * scaleY + offsetY,
    width: rectangle.width * scaleX,
    height: rectangle.height * scaleY,
  }
}

/** From the input's frame back to the source's. */
export function toSource<R extends Rectangle>(rectangle: R, geometry: Geometry): R {
  const { scaleX, scaleY, offsetX, offsetY } = geometry
  return {
    ...rectangle,
    x: (rectangle.x - offsetX) / scaleX,
    y: (rectangle.y - offsetY) / scaleY,
    width: rectangle.width / scaleX,
    height: rectangle.height / scaleY,
  }
}

/** The part of a rectangle that lies within a frame; undefined where none does. */
export function cutOff<R extends Rectangle>(rectangle: R, [height, width]: Size): R | undefined {
  const x = Math.max(0, rectangle.x)
  const y = Math.max(0, rectangle.y)
  const right = Math.min(width, rectangle.x + rectangle.width)
  const bottom = Math.min(height, rectangle.y + rectangle.height)
  return right > x && bottom > y ? { ...rectangle, x, y, width: right - x, height: bottom - y } : undefined
}

/**
 * A plane of the source's pixels as the input shows it, each the nearest one's value.
 * @param outside what bars hold
 */
export function resample(plane: Uint8Array, geometry: Geometry, outside: number): Uint8Array {
  const [height, width] = geometry.input
  const columns = nearestIndices(width, geometry.offsetX, geometry.scaleX, geometry.source[1])
  const rows = nearestIndices(height, geometry.offsetY, geometry.scaleY, geometry.source[0])
  const result = new Uint8Array(height * width).fill(outside)
  for (const [y, row] of rows.entries()) {
    if (row < 0) continue
    const from = row * geometry.source[1]
    for (let x = 0; x < width; x++) if (columns[x] >= 0) result[y * width + x] = plane[from + columns[x]]
  }
  return result
}

/** Of each pixel of the input, the source's pixel under its middle; −1 of a bar. */
function nearestIndices(length: number, offset: number, scale: number, source: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => {
    const index = Math.floor((i + 0.5 - offset) / scale)
    return index < 0 || index >= source ? -1 : index
  })
}

/** As ffmpeg's scale filter rounds with `force_original_aspect_ratio`. */
function scaledSize(source: Size, input: Size, fit: Fit): Size {
  if (fit === 'stretch') return input
  const choose = fit === 'crop' ? Math.max : Math.min
  const height = Math.round((input[1] * source[0]) / source[1])
  const width = Math.round((input[0] * source[1]) / source[0])
  return [Math.max(1, choose(height, input[0])), Math.max(1, choose(width, input[1]))]
}
