import { BLACK, Canvas, type Frame, WHITE } from '../../../common/canvas.ts'
import { classColour } from '../../../common/palette.ts'
import { withBanner } from '../drawing/banner.ts'
import { dotSize } from '../drawing/labels.ts'
import { UNLABELLED } from '../segments.ts'
import { runsOf } from './recordings.ts'

/** Of the line along the lower edge, dots. */
const LINE = 4

/**
 * A moment's label at the top of its picture; along the lower edge all moments in their colours, and where this one is.
 * @param labels [T] class index, or `UNLABELLED`
 */
export function drawMoment(
  picture: Frame,
  labels: Int32Array,
  at: { readonly frame: number; readonly classes: readonly string[]; readonly probability?: number },
): Frame {
  const label = labels[at.frame]
  const sure = at.probability === undefined ? '' : ` ${at.probability.toFixed(2)}`
  const named =
    label === UNLABELLED ? picture : withBanner(picture, `${at.classes[label]}${sure}`, classColour(label))
  const canvas = Canvas.over(named)
  const { width, height } = canvas
  const dot = dotSize(canvas)
  const breadth = width / labels.length
  const top = height - LINE * dot
  for (const run of runsOf(labels)) {
    if (run.label !== UNLABELLED)
      canvas.fill(run.from * breadth, top, (run.to - run.from) * breadth, LINE * dot, classColour(run.label))
  }
  const middle = (at.frame + 0.5) * breadth
  canvas.fill(middle - 1.5 * dot, top - 2 * dot, 3 * dot, (LINE + 2) * dot, WHITE)
  canvas.fill(middle - 0.5 * dot, top - 2 * dot, dot, (LINE + 2) * dot, BLACK)
  return canvas.frame()
}
