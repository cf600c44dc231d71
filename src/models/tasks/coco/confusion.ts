import { type Detection, overlapOf, type TrueBox } from './match.ts'

/** IoU from which a detection is of a box, whatever its class. */
const OVERLAP = 0.5

/**
 * [true class][predicted class] counts of one image, the background last in both: boxes that nobody saw, and detections
 * of nothing. Detections of at least `confidence`; pairs of IoU 0.5 and more are made whatever their classes, the closest
 * first, each box and each detection once (as ultralytics' confusion matrix). A detection that is half within a crowd
 * and of no box counts for nothing.
 */
export function detectionConfusion(
  boxes: readonly TrueBox[],
  detections: readonly Detection[],
  { classes, confidence }: { readonly classes: number; readonly confidence: number },
): number[][] {
  const background = classes
  const matrix = Array.from({ length: classes + 1 }, () => new Array<number>(classes + 1).fill(0))
  const seen = detections.filter(({ score }) => score >= confidence)
  const real = boxes.filter(({ crowd }) => crowd !== true)
  const crowds = boxes.filter(({ crowd }) => crowd === true)
  const pairs = closestPairs(real, seen)
  const boxOf = new Map(pairs.map(({ box, detection }) => [detection, box]))
  const found = new Set(boxOf.values())
  seen.forEach((detection, d) => {
    const box = boxOf.get(d)
    if (box !== undefined) matrix[real[box].label][detection.label]++
    else if (!crowds.some(crowd => overlapOf(detection, crowd) >= OVERLAP))
      matrix[background][detection.label]++
  })
  real.forEach(({ label }, box) => {
    if (!found.has(box)) matrix[label][background]++
  })
  return matrix
}

interface Pair {
  readonly box: number
  readonly detection: number
  readonly overlap: number
}

function closestPairs(boxes: readonly TrueBox[], detections: readonly Detection[]): readonly Pair[] {
  const pairs = detections.flatMap((of, detection) =>
    boxes.map((truth, box) => ({ box, detection, overlap: overlapOf(of, truth) })),
  )
  const boxesTaken = new Set<number>()
  const detectionsTaken = new Set<number>()
  return pairs
    .filter(({ overlap }) => overlap >= OVERLAP)
    .sort((a, b) => b.overlap - a.overlap)
    .filter(({ box, detection }) => {
      if (boxesTaken.has(box) || detectionsTaken.has(detection)) return false
      boxesTaken.add(box)
      detectionsTaken.add(detection)
      return true
    })
}
