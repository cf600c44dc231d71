import { ClassCurves, type ClassFigures } from './coco/curves.ts'
import { type ClassMatches, type ImageMatches, THRESHOLDS } from './coco/match.ts'

/** COCO's twelve figures, each in [0, 1]; undefined where there is no box of that size to be found. */
export interface CocoScore {
  /** Mean over classes and IoU 0.5 … 0.95 of average precision: mAP@[.5:.95]. */
  readonly ap: number | undefined
  readonly ap50: number | undefined
  readonly ap75: number | undefined
  /** Of boxes of at most 32², 96² and of more square pixels. */
  readonly apSmall: number | undefined
  readonly apMedium: number | undefined
  readonly apLarge: number | undefined
  /** Share of boxes found, mean over classes and IoU, by 1, 10, 100 detections of a class on an image. */
  readonly ar1: number | undefined
  readonly ar10: number | undefined
  readonly ar100: number | undefined
  readonly arSmall: number | undefined
  readonly arMedium: number | undefined
  readonly arLarge: number | undefined
  /** [classes]: `ap` of each. */
  readonly perClass: readonly (number | undefined)[]
}

/** Some items, scored together: mAP is no mean over them. An item is an image, or the frames of a clip. */
export interface CocoAccumulation {
  readonly score: CocoScore
  /** The score of all items but this one; costs a walk along what was found of the classes that it holds. */
  without(item: number): CocoScore
  /** `ap` of items that each count as often as `counts` says, [items]: for a bootstrap over them. */
  resampled(counts: ArrayLike<number>): number | undefined
  /** [101] precision at recall 0, 0.01, … 1 of a class at an IoU; undefined where it has no box to be found. */
  curve(label: number, threshold?: number): readonly number[] | undefined
}

/** As pycocotools' COCOeval.accumulate and summarize, of boxes; order of images decides between equal scores. */
export function accumulate(items: readonly (readonly ImageMatches[])[], classes: number): CocoAccumulation {
  const curves = Array.from({ length: classes }, (_, label) => new ClassCurves(ofClass(items, label)))
  const whole = curves.map(of => of.figures())
  return {
    score: scoreOf(whole),
    without: item => scoreOf(curves.map((of, label) => (of.has(item) ? of.figures(item) : whole[label]))),
    resampled: counts => meanOf(curves.flatMap(of => of.resampled(counts) ?? [])),
    curve: (label, threshold = 0.5) => curves[label].curve(nearestThreshold(threshold)),
  }
}

function ofClass(
  items: readonly (readonly ImageMatches[])[],
  label: number,
): ReadonlyMap<number, readonly ClassMatches[]> {
  const own = new Map<number, readonly ClassMatches[]>()
  items.forEach((images, item) => {
    const matches = images.flatMap(({ classes }) => classes.find(of => of.label === label) ?? [])
    if (matches.length > 0) own.set(item, matches)
  })
  return own
}

const [ALL, SMALL, MEDIUM, LARGE] = [0, 1, 2, 3]

function scoreOf(classes: readonly ClassFigures[]): CocoScore {
  const ap = (range: number) => meanOf(classes.flatMap(({ precision }) => precision[range] ?? []))
  const apAt = (t: number) => meanOf(classes.flatMap(({ precision }) => precision[ALL]?.[t] ?? []))
  const ar = (range: number) => meanOf(classes.flatMap(({ recall }) => recall[range] ?? []))
  const early = (m: number) => meanOf(classes.flatMap(of => of.early[m] ?? []))
  return {
    ap: ap(ALL),
    ap50: apAt(nearestThreshold(0.5)),
    ap75: apAt(nearestThreshold(0.75)),
    apSmall: ap(SMALL),
    apMedium: ap(MEDIUM),
    apLarge: ap(LARGE),
    ar1: early(0),
    ar10: early(1),
    ar100: ar(ALL),
    arSmall: ar(SMALL),
    arMedium: ar(MEDIUM),
    arLarge: ar(LARGE),
    perClass: classes.map(({ precision }) => meanOf(precision[ALL] ?? [])),
  }
}

function nearestThreshold(threshold: number): number {
  const distances = THRESHOLDS.map(each => Math.abs(each - threshold))
  return distances.indexOf(Math.min(...distances))
}

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}
