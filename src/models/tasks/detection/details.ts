import { detectionConfusion } from '../coco/confusion.ts'
import type { Detection, TrueBox } from '../coco/match.ts'
import type { CocoAccumulation } from '../coco.ts'
import type { Detail } from '../shown.ts'

/** Classes that get a line: more can't be told apart. */
const MOST_CURVES = 12

/** Frames that something is known of: their boxes, and what was found. */
export type KnownFrames = readonly {
  readonly boxes: readonly TrueBox[]
  readonly found: readonly Detection[]
}[]

/** How surely each class is found, and what is taken for what. @param confidence from which a detection counts */
export function detectionDetails(
  frames: KnownFrames,
  { curve }: Pick<CocoAccumulation, 'curve'>,
  { classes, confidence }: { readonly classes: readonly string[]; readonly confidence: number },
): readonly Detail[] {
  return [curvesOf(frames, curve, classes), matrixOf(frames, classes, confidence)]
}

function curvesOf(frames: KnownFrames, curve: CocoAccumulation['curve'], classes: readonly string[]): Detail {
  const counts = classes.map((_, label) =>
    frames.reduce((sum, { boxes }) => sum + boxes.filter(box => box.label === label).length, 0),
  )
  const known = classes.flatMap((name, label) => {
    const precisions = curve(label)
    return precisions === undefined ? [] : [{ name, label, points: precisions.map(pointOf) }]
  })
  const shown = known.toSorted((a, b) => counts[b.label] - counts[a.label]).slice(0, MOST_CURVES)
  const more =
    known.length > shown.length ? ` Of ${known.length} classes the ${MOST_CURVES} with the most objects.` : ''
  return {
    kind: 'curves',
    title: 'Precision and recall',
    text: `At each share of a class's objects that is found: which share of what is then taken for it is right (IoU 0.5).${more}`,
    x: 'recall',
    y: 'precision',
    curves: shown.sort((a, b) => a.label - b.label).map(({ name, points }) => ({ name, points })),
  }
}

/** Of 101 recalls. */
function pointOf(precision: number, i: number): readonly [number, number] {
  return [i / 100, Math.round(1000 * precision) / 1000]
}

function matrixOf(frames: KnownFrames, classes: readonly string[], confidence: number): Detail {
  const side = classes.length + 1
  const counts = Array.from({ length: side }, () => new Array<number>(side).fill(0))
  for (const { boxes, found } of frames) {
    const own = detectionConfusion(boxes, found, { classes: classes.length, confidence })
    own.forEach((row, i) => {
      row.forEach((count, j) => {
        counts[i][j] += count
      })
    })
  }
  return {
    kind: 'matrix',
    title: 'What is taken for what',
    text: `Boxes of at least ${confidence} confidence, beside those they overlap most (IoU 0.5). Rows are what is there, columns what the model says; background's row counts boxes round nothing, its column objects that nobody saw.`,
    of: 'objects',
    names: [...classes, 'background'],
    withRest: true,
    counts,
  }
}
