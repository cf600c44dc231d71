import { Canvas, type Frame } from '../../../common/canvas.ts'
import { classColour } from '../../../common/palette.ts'
import { IGNORED } from '../../../data/annotation.ts'
import type { Geometry } from '../../../data/geometry.ts'
import { dotSize, legend } from '../drawing/labels.ts'

/** Of a class's colour within its pixels. */
const TINT = 0.5

/**
 * Pixels half in their class's colour, edges between classes whole, and a legend of the classes that are there; those
 * that nothing is said of stay as they are.
 * @param mask [H·W] of the network's input
 */
export function drawMask(
  picture: Frame,
  mask: Uint8Array,
  { classes, geometry }: { readonly classes: readonly string[]; readonly geometry: Geometry },
): Frame {
  const canvas = Canvas.over(picture)
  const { width, height } = picture
  const own = maskOf(picture, mask, geometry)
  const there = new Set<number>()
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const label = own[at]
      if (label === IGNORED) continue
      there.add(label)
      const edge = (x + 1 < width && own[at + 1] !== label) || (y + 1 < height && own[at + width] !== label)
      canvas.tint(x, y, classColour(label), edge ? 1 : TINT)
    }
  }
  const named = [...there].sort((a, b) => a - b)
  legend(
    canvas,
    named.map(label => ({ name: classes[label], color: classColour(label) })),
    dotSize(canvas),
  )
  return canvas.frame()
}

/** [H·W] of the picture: each pixel as the input's under its middle; `IGNORED` where the input doesn't reach. */
function maskOf({ width, height }: Frame, mask: Uint8Array, geometry: Geometry): Uint8Array {
  const { input, scaleX, scaleY, offsetX, offsetY } = geometry
  const [rows, columns] = input
  const own = new Uint8Array(width * height).fill(IGNORED)
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y + 0.5) * scaleY + offsetY)
    if (row < 0 || row >= rows) continue
    for (let x = 0; x < width; x++) {
      const column = Math.floor((x + 0.5) * scaleX + offsetX)
      if (column >= 0 && column < columns) own[y * width + x] = mask[row * columns + column]
    }
  }
  return own
}
