/** An object as it is: its class, and its rectangle in pixels; x and y are the left upper corner. */
export interface TrueBox extends Rectangle {
  readonly label: number
  /** A group that was not told apart: neither to be found nor a mistake. */
  readonly crowd?: boolean
}

/** An object as a model sees it. */
export interface Detection extends Rectangle {
  readonly label: number
  /** Higher is surer. */
  readonly score: number
}

export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What came of one image's detections; all that scores need of it. */
export interface ImageMatches {
  /** One a class that has boxes or detections here. */
  readonly classes: readonly ClassMatches[]
}

/** One class on one image. Of n detections that count, at most 100, the surest first. */
export interface ClassMatches {
  readonly label: number
  /** Boxes that are to be found, an area range each. */
  readonly positives: readonly number[]
  /** [n], descending. */
  readonly scores: Float64Array
  /** [ranges · n]: bit t where the detection found a box at threshold t. */
  readonly found: Uint16Array
  /** [ranges · n]: bit t where it is neither right nor wrong at threshold t. */
  readonly ignored: Uint16Array
}

/** IoU from which a box is found: 0.5, 0.55, … 0.95, as numpy.linspace has them. */
export const THRESHOLDS: readonly number[] = Array.from({ length: 10 }, (_, i) =>
  i === 9 ? 0.95 : 0.5 + i * ((0.95 - 0.5) / 9),
)

/** Detections of a class on an image that count at most. */
export const MOST_DETECTIONS = 100

/** Square pixels, both ends within: all, small, medium, large. */
export const AREA_RANGES: readonly (readonly [number, number])[] = [
  [0, 1e10],
  [0, 32 ** 2],
  [32 ** 2, 96 ** 2],
  [96 ** 2, 1e10],
]

/**
 * Detections against the boxes of one image, class by class: the surest first, each takes the free box of its class that
 * it covers best, by pycocotools' COCOeval.evaluateImg (Lin et al. 2014). A box outside an area range is ignored there,
 * and so are unmatched detections that are.
 */
export function matchImage(boxes: readonly TrueBox[], detections: readonly Detection[]): ImageMatches {
  const labels = new Set([...boxes, ...detections].map(({ label }) => label))
  return {
    classes: [...labels].map(label =>
      matchClass(
        label,
        boxes.filter(box => box.label === label),
        detections.filter(detection => detection.label === label),
      ),
    ),
  }
}

/** Intersection over union; over the first one's area alone where the second is a crowd. */
export function overlapOf(a: Rectangle, b: Rectangle & { readonly crowd?: boolean }): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  if (width <= 0 || height <= 0) return 0
  const shared = width * height
  return shared / (b.crowd ? areaOf(a) : areaOf(a) + areaOf(b) - shared)
}

function matchClass(
  label: number,
  boxes: readonly TrueBox[],
  detections: readonly Detection[],
): ClassMatches {
  const surest = [...detections].sort((a, b) => b.score - a.score).slice(0, MOST_DETECTIONS)
  const n = surest.length
  const overlaps = overlapsOf(surest, boxes)
  const found = new Uint16Array(AREA_RANGES.length * n)
  const ignored = new Uint16Array(AREA_RANGES.length * n)
  const matches = new Int32Array(n)
  const taken = new Uint8Array(boxes.length)
  const positives = AREA_RANGES.map((range, a) => {
    const outside = surest.map(detection => !isWithin(range, areaOf(detection)))
    const left = boxes.map(box => box.crowd === true || !isWithin(range, areaOf(box)))
    const candidates = candidatesOf(boxes, left)
    THRESHOLDS.forEach((threshold, t) => {
      matchAt(threshold, overlaps, candidates, { matches, taken })
      for (let d = 0; d < n; d++) {
        if (matches[d] < 0 ? outside[d] : left[matches[d]]) ignored[a * n + d] |= 1 << t
        else if (matches[d] >= 0) found[a * n + d] |= 1 << t
      }
    })
    return left.filter(is => !is).length
  })
  return { label, positives, scores: Float64Array.from(surest, ({ score }) => score), found, ignored }
}

interface Overlaps {
  /** [detections · boxes] */
  readonly values: Float64Array
  /** [detections]: with the box that each covers best. */
  readonly highest: Float64Array
}

function overlapsOf(detections: readonly Detection[], boxes: readonly TrueBox[]): Overlaps {
  const values = new Float64Array(detections.length * boxes.length)
  const highest = new Float64Array(detections.length)
  detections.forEach((detection, d) => {
    boxes.forEach((box, g) => {
      const overlap = overlapOf(detection, box)
      values[d * boxes.length + g] = overlap
      if (overlap > highest[d]) highest[d] = overlap
    })
  })
  return { values, highest }
}

/** Boxes that detections may take: those that count come first. */
interface Candidates {
  readonly boxes: readonly number[]
  /** Of them, those that count. */
  readonly counting: number
  readonly crowd: readonly boolean[]
}

function candidatesOf(boxes: readonly TrueBox[], left: readonly boolean[]): Candidates {
  const all = boxes.map((_, box) => box)
  const counting = all.filter(box => !left[box])
  const order = [...counting, ...all.filter(box => left[box])]
  return { boxes: order, counting: counting.length, crowd: order.map(box => boxes[box].crowd === true) }
}

/** Written anew at each threshold. */
interface Matching {
  /** [detections]: the box that each takes, or −1. */
  readonly matches: Int32Array
  /** [candidates] */
  readonly taken: Uint8Array
}

function matchAt(
  threshold: number,
  { values, highest }: Overlaps,
  { boxes, counting, crowd }: Candidates,
  { matches, taken }: Matching,
): void {
  matches.fill(-1)
  taken.fill(0)
  for (let d = 0; d < highest.length; d++) {
    if (highest[d] < threshold) continue
    let best = -1
    let overlap = threshold
    for (let i = 0; i < boxes.length; i++) {
      if (taken[i] && !crowd[i]) continue
      if (best >= 0 && i >= counting && best < counting) break
      const own = values[d * boxes.length + boxes[i]]
      if (own < overlap) continue
      overlap = own
      best = i
    }
    if (best < 0) continue
    taken[best] = 1
    matches[d] = boxes[best]
  }
}

function areaOf({ width, height }: Rectangle): number {
  return width * height
}

function isWithin([least, most]: readonly [number, number], area: number): boolean {
  return area >= least && area <= most
}
