import { Canvas, type Frame } from '../../../common/canvas.ts'
import { classColour } from '../../../common/palette.ts'
import { cutOff, type Geometry, toSource } from '../../../data/geometry.ts'
import type { TrueBox } from '../coco/match.ts'
import { dotSize, Labels, legend } from '../drawing/labels.ts'

/** A box that is true, or that a model sees so surely. */
export interface ShownBox extends TrueBox {
  readonly score?: number
}

/**
 * Boxes by their class's colour, each with its class and how sure it is where there is room for that; a legend where
 * there isn't.
 * @param boxes in the network's input, those that count most first
 */
export function drawBoxes(
  picture: Frame,
  boxes: readonly ShownBox[],
  { classes, geometry }: { readonly classes: readonly string[]; readonly geometry: Geometry },
): Frame {
  const canvas = Canvas.over(picture)
  const dot = dotSize(canvas)
  const shown = boxes.flatMap(box => cutOff(toSource(box, geometry), [canvas.height, canvas.width]) ?? [])
  for (const { x, y, width, height, label, crowd } of shown.toReversed())
    canvas.outline(x, y, width, height, crowd ? dot : 2 * dot, classColour(label))
  const labels = new Labels(canvas, dot)
  const unnamed = new Set<number>()
  for (const box of shown) {
    const { x, y, height, label } = box
    const corners = (size: { readonly height: number }) =>
      [
        [x, y - size.height],
        [x, y + height],
        [x, y],
      ] as const
    if (!labels.write(textOf(box, classes), corners, classColour(label))) unnamed.add(label)
  }
  const named = [...unnamed].sort((a, b) => a - b)
  legend(
    canvas,
    named.map(label => ({ name: classes[label], color: classColour(label) })),
    dot,
  )
  return canvas.frame()
}

function textOf({ label, score, crowd }: ShownBox, classes: readonly string[]): string {
  const sure = score === undefined ? '' : ` ${score.toFixed(2)}`
  return `${classes[label]}${crowd ? ' (group)' : ''}${sure}`
}
