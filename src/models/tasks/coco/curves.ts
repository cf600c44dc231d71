import { AREA_RANGES, type ClassMatches, THRESHOLDS } from './match.ts'

/** Recalls at which precision is read: 0, 0.01, … 1, as numpy.linspace has them. */
export const RECALLS: readonly number[] = Array.from({ length: 101 }, (_, i) =>
  i === 100 ? 1 : i * (1 / 100),
)

/** Detections of a class on an image that count for recall alone, beside all. */
export const FEWER_DETECTIONS = [1, 10] as const

/** Average precision and recalls of a class; undefined where no box is to be found. */
export interface ClassFigures {
  /** [ranges][thresholds] */
  readonly precision: readonly (readonly number[] | undefined)[]
  /** [ranges][thresholds] */
  readonly recall: readonly (readonly number[] | undefined)[]
  /** [1 or 10 detections][thresholds], over boxes of any size. */
  readonly early: readonly (readonly number[] | undefined)[]
}

/** The detections that found a box, at one area range and threshold, in the order of their scores over all images. */
interface Hits {
  /** Places among all detections of the class. */
  readonly places: Int32Array
  /** Detections that are not ignored, up to each and with it. */
  readonly ranks: Int32Array
}

/** One item's part of a class. */
interface Part {
  /** Of its images together; the surest detections first. */
  readonly matches: ClassMatches
  /** Boxes that the surest detections of each image found, by [1 or 10 detections · thresholds]. */
  readonly early: readonly number[]
  /** Places of its detections among all of the class, ascending. */
  readonly places: Int32Array
}

/** All items' detections of one class in one order: leaving an item out is a walk along what was found. */
export class ClassCurves {
  private readonly parts: ReadonlyMap<number, Part>
  /** [ranges · thresholds] */
  private readonly hits: readonly Hits[]
  private readonly positives: readonly number[]
  /** [1 or 10 detections · thresholds] */
  private readonly early: readonly number[]
  private readonly order: Order
  private readonly scratch: Float64Array

  /** @param items the images of each, by their index. */
  constructor(items: ReadonlyMap<number, readonly ClassMatches[]>) {
    this.parts = partsOf(items)
    const parts = [...this.parts.values()]
    this.positives = AREA_RANGES.map((_, a) => total(parts.map(({ matches }) => matches.positives[a])))
    this.hits = hitsOf(parts)
    this.order = orderOf(this.parts)
    this.early = earlyKeys((_, __, key) => total(parts.map(({ early }) => early[key])))
    this.scratch = new Float64Array(Math.max(0, ...this.hits.map(({ places }) => places.length)))
  }

  has(item: number): boolean {
    return this.parts.has(item)
  }

  /** Of all items, or of all but one. */
  figures(without?: number): ClassFigures {
    const out = without === undefined ? undefined : this.parts.get(without)
    const positives = this.positives.map((all, a) => all - (out?.matches.positives[a] ?? 0))
    const ofRange = <T>(a: number, of: (t: number) => T) =>
      positives[a] === 0 ? undefined : THRESHOLDS.map((_, t) => of(t))
    const counts = AREA_RANGES.map((_, a) =>
      ofRange(a, t => {
        const count = this.precisions(a, t, out)
        return { count, precision: total(readAt(this.scratch, count, positives[a])) / RECALLS.length }
      }),
    )
    return {
      precision: counts.map(range => range?.map(({ precision }) => precision)),
      recall: counts.map((range, a) => range?.map(({ count }) => count / positives[a])),
      early: FEWER_DETECTIONS.map((_, m) =>
        ofRange(0, t => {
          const key = m * THRESHOLDS.length + t
          return (this.early[key] - (out?.early[key] ?? 0)) / positives[0]
        }),
      ),
    }
  }

  /**
   * [thresholds] of average precision over boxes of any size, each image counted as often as `counts` says; copies of a
   * detection follow each other.
   */
  resampled(counts: ArrayLike<number>): readonly number[] | undefined {
    let positives = 0
    for (const [image, { matches }] of this.parts) positives += counts[image] * matches.positives[0]
    if (positives === 0) return undefined
    const precisions = new Float64Array(positives)
    return THRESHOLDS.map((_, t) => {
      const count = resampledPrecisions(this.order, t, counts, precisions)
      return total(readAt(precisions, count, positives)) / RECALLS.length
    })
  }

  /** Precision at each of `RECALLS`, at threshold `t`; undefined where no box is to be found. */
  curve(t: number): readonly number[] | undefined {
    if (this.positives[0] === 0) return undefined
    return readAt(this.scratch, this.precisions(0, t, undefined), this.positives[0])
  }

  /** Writes into `scratch` the precision at each box that is found; gives their number. */
  private precisions(a: number, t: number, out: Part | undefined): number {
    const { places, ranks } = this.hits[a * THRESHOLDS.length + t]
    const own = out?.places
    const ignored = out?.matches.ignored
    const first = a * (own?.length ?? 0)
    let count = 0
    let at = 0
    let removed = 0
    for (let i = 0; i < places.length; i++) {
      if (own !== undefined && ignored !== undefined) {
        while (at < own.length && own[at] < places[i]) {
          if (((ignored[first + at] >> t) & 1) === 0) removed++
          at++
        }
        if (own[at] === places[i]) {
          removed++
          at++
          continue
        }
      }
      count++
      this.scratch[count - 1] = count / (ranks[i] - removed)
    }
    return count
  }
}

/** All detections of a class, the surest first, against boxes of any size. */
interface Order {
  readonly images: Int32Array
  readonly found: Uint16Array
  readonly ignored: Uint16Array
}

function orderOf(parts: ReadonlyMap<number, Part>): Order {
  const all = [...parts.values()]
  const n = total(all.map(({ places }) => places.length))
  const images = new Int32Array(n)
  for (const [image, { places }] of parts) for (const place of places) images[place] = image
  return { images, found: inOrder(all, n, 0, 'found'), ignored: inOrder(all, n, 0, 'ignored') }
}

/** Writes the precision at each box that is found; gives their number. */
function resampledPrecisions(
  { images, found, ignored }: Order,
  t: number,
  counts: ArrayLike<number>,
  into: Float64Array,
): number {
  let hits = 0
  let rank = 0
  for (let place = 0; place < images.length; place++) {
    if ((ignored[place] >> t) & 1) continue
    const copies = counts[images[place]]
    const isFound = ((found[place] >> t) & 1) === 1
    for (let i = 0; isFound && i < copies; i++) into[hits + i] = (hits + i + 1) / (rank + i + 1)
    if (isFound) hits += copies
    rank += copies
  }
  return hits
}

/** Precision at each recall: the highest at that recall or a higher one; 0 where it isn't reached. */
function readAt(precisions: Float64Array, count: number, positives: number): number[] {
  for (let i = count - 2; i >= 0; i--) precisions[i] = Math.max(precisions[i], precisions[i + 1])
  let found = 1
  return RECALLS.map(recall => {
    while (found <= count && found / positives < recall) found++
    return found <= count ? precisions[found - 1] : 0
  })
}

/** The surest first; of equal ones those of an earlier item. */
function partsOf(items: ReadonlyMap<number, readonly ClassMatches[]>): ReadonlyMap<number, Part> {
  const parts = new Map<number, Part>()
  const all: { readonly score: number; readonly part: Part; readonly own: number }[] = []
  for (const [item, images] of items) {
    const matches = joined(images)
    const early = earlyKeys((most, t) => total(images.map(image => foundEarly(image, most, t))))
    const part = { matches, early, places: new Int32Array(matches.scores.length) }
    parts.set(item, part)
    matches.scores.forEach((score, own) => {
      all.push({ score, part, own })
    })
  }
  all.sort((a, b) => b.score - a.score)
  all.forEach(({ part, own }, place) => {
    part.places[own] = place
  })
  return parts
}

/** Several images of one class as one. */
function joined(images: readonly ClassMatches[]): ClassMatches {
  if (images.length === 1) return images[0]
  const all = images.flatMap(image => Array.from(image.scores, (score, own) => ({ score, image, own })))
  all.sort((a, b) => b.score - a.score)
  const bits = (key: 'found' | 'ignored') =>
    Uint16Array.from(
      AREA_RANGES.flatMap((_, a) => all.map(({ image, own }) => image[key][a * image.scores.length + own])),
    )
  return {
    label: images[0].label,
    positives: AREA_RANGES.map((_, a) => total(images.map(({ positives }) => positives[a]))),
    scores: Float64Array.from(all, ({ score }) => score),
    found: bits('found'),
    ignored: bits('ignored'),
  }
}

function hitsOf(parts: readonly Part[]): readonly Hits[] {
  const n = total(parts.map(({ places }) => places.length))
  return AREA_RANGES.flatMap((_, a) => {
    const found = inOrder(parts, n, a, 'found')
    const ignored = inOrder(parts, n, a, 'ignored')
    return THRESHOLDS.map((_, t) => hitsAt(found, ignored, t))
  })
}

/** [n]: one area range's bits, of all detections in their order. */
function inOrder(parts: readonly Part[], n: number, a: number, key: 'found' | 'ignored'): Uint16Array {
  const result = new Uint16Array(n)
  for (const { matches, places } of parts)
    for (let own = 0; own < places.length; own++) result[places[own]] = matches[key][a * places.length + own]
  return result
}

function hitsAt(found: Uint16Array, ignored: Uint16Array, t: number): Hits {
  const places: number[] = []
  const ranks: number[] = []
  let rank = 0
  for (let place = 0; place < found.length; place++) {
    if ((ignored[place] >> t) & 1) continue
    rank++
    if (((found[place] >> t) & 1) === 0) continue
    places.push(place)
    ranks.push(rank)
  }
  return { places: Int32Array.from(places), ranks: Int32Array.from(ranks) }
}

function earlyKeys<T>(of: (most: number, t: number, key: number) => T): readonly T[] {
  return FEWER_DETECTIONS.flatMap((most, m) =>
    THRESHOLDS.map((_, t) => of(most, t, m * THRESHOLDS.length + t)),
  )
}

/** Boxes of any size that the image's surest detections found. */
function foundEarly({ scores, found }: ClassMatches, most: number, t: number): number {
  let count = 0
  for (let d = 0; d < Math.min(most, scores.length); d++) count += (found[d] >> t) & 1
  return count
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
