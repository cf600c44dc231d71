import { type ImageMatches, matchImage, overlapOf, type Rectangle } from '../coco/match.ts'
import type { CocoScore } from '../coco.ts'
import type { Score } from '../task.ts'
import type { Detections, DetectionTarget } from './found.ts'

/** One clip's part of a score. */
export interface ItemFigures {
  /** Of its frames that something is known of. */
  readonly images: readonly ImageMatches[]
  readonly objects: number
  /** Sum over objects of the score of a box of its class times how much it overlaps, of the best one. */
  readonly quality: number
}

export function itemFigures({ frames, scale }: DetectionTarget, prediction: Detections): ItemFigures {
  const inSource = <R extends Rectangle>(box: R): R => ({
    ...box,
    ...{ x: box.x / scale.x, y: box.y / scale.y },
    ...{ width: box.width / scale.x, height: box.height / scale.y },
  })
  const images: ImageMatches[] = []
  let objects = 0
  let quality = 0
  frames.forEach((boxes, frame) => {
    if (boxes === undefined) return
    const found = prediction[frame]
    images.push(matchImage(boxes.map(inSource), found.map(inSource)))
    for (const box of boxes) {
      if (box.crowd) continue
      objects++
      const own = found.filter(({ label }) => label === box.label)
      quality += Math.max(0, ...own.map(each => each.score * overlapOf(each, box)))
    }
  })
  return { images, objects, quality }
}

/** Beside `ItemFigures` its loss. */
type Scored = Omit<ItemFigures, 'images'> & { readonly loss: number }

export function scoreOf(coco: CocoScore, items: readonly Scored[]): Score {
  const sum = (of: (item: Scored) => number) => items.reduce((total, item) => total + of(item), 0)
  const primary = primaryOf(coco)
  const objects = sum(item => item.objects)
  const quality = objects === 0 ? 0 : sum(item => item.quality) / objects
  const { ap50 = 0, ap75 = 0, apSmall = 0, apMedium = 0, apLarge = 0, ar100 = 0 } = coco
  return {
    primary,
    selection: (primary + quality) / 2,
    loss: sum(({ loss }) => loss) / items.length,
    parts: { ap50, ap75, apSmall, apMedium, apLarge, ar100 },
  }
}

/** Of clips without an object to be found nothing is known: 0. */
export function primaryOf({ ap }: CocoScore): number {
  return ap ?? 0
}
