import { IGNORED } from '../../data/annotation.ts'

/** [true class · C + predicted class] counts of pixels that something is said of; they add up over frames and items. */
export type PixelCounts = Float64Array

/** What a segmentation came to, each in [0, 1]. */
export interface SegmentationScore {
  /** Mean of `iou` over classes that are there or predicted; undefined where no pixel has a class. */
  readonly meanIou: number | undefined
  /** Share of pixels that are right. */
  readonly pixelAccuracy: number | undefined
  /** [C]: pixels in both over pixels in either; undefined of a class that is neither there nor predicted. */
  readonly iou: readonly (number | undefined)[]
}

/**
 * Adds one mask's pixels to `counts`; those that are `IGNORED` in the truth count nowhere.
 * @param truth, predicted [pixels] class indices below C
 */
export function countPixels(counts: PixelCounts, truth: Uint8Array, predicted: ArrayLike<number>): void {
  const classes = Math.sqrt(counts.length)
  for (let i = 0; i < truth.length; i++) if (truth[i] !== IGNORED) counts[truth[i] * classes + predicted[i]]++
}

export function noPixels(classes: number): PixelCounts {
  return new Float64Array(classes * classes)
}

/**
 * As torchmetrics' JaccardIndex(task='multiclass', average='macro', ignore_index=255): a class counts in the mean where
 * some pixel is of it or is taken for it.
 */
export function segmentationScore(counts: PixelCounts): SegmentationScore {
  const classes = Math.sqrt(counts.length)
  const indices = Array.from({ length: classes }, (_, c) => c)
  const right = indices.map(c => counts[c * classes + c])
  const iou = indices.map(c => {
    const there = sumOf(indices, other => counts[c * classes + other])
    const predicted = sumOf(indices, other => counts[other * classes + c])
    const either = there + predicted - right[c]
    return either === 0 ? undefined : right[c] / either
  })
  const counting = iou.filter(value => value !== undefined)
  const pixels = counts.reduce((sum, count) => sum + count, 0)
  return {
    meanIou: counting.length === 0 ? undefined : sumOf(counting, value => value) / counting.length,
    pixelAccuracy: pixels === 0 ? undefined : sumOf(right, count => count) / pixels,
    iou,
  }
}

/** Counts of all but one. */
export function withoutPixels(all: PixelCounts, one: PixelCounts): PixelCounts {
  return all.map((count, i) => count - one[i])
}

function sumOf(values: readonly number[], of: (value: number) => number): number {
  return values.reduce((sum, value) => sum + of(value), 0)
}
