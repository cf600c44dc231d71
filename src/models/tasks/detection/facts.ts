import { inputError } from '../../../common/error.ts'
import type { Clip, Dataset } from '../../../data/dataset.ts'
import type { Fit } from '../../../data/decode-options.ts'
import { geometryOf } from '../../../data/geometry.ts'
import { refuseUnknown } from '../labels.ts'
import { stridesOf } from '../strides.ts'
import type { TaskData } from '../task.ts'
import { gridOf, levelFor } from './grid.ts'

/** What a detector knows of the data that it was made for. */
export interface DetectionFacts {
  readonly classes: readonly string[]
  /** [height, width] of the network's input. */
  readonly size: readonly [number, number]
  readonly frames: number
  /** How frames of another shape fill it. */
  readonly fit: Fit
  readonly strides: readonly number[]
  /** Objects of each class a frame of the train split, [C]. */
  readonly objects: readonly number[]
  /** Mean logarithms of an object's width and height, in places of its map. */
  readonly sides: readonly [number, number]
}

const STRIDES = [8, 16, 32]

export function detectionFacts({ dataset, train, input }: TaskData): DetectionFacts {
  const classes = dataset.boxClasses ?? []
  const strides = stridesOf(input.strides, STRIDES, 'object-detection')
  const { size, frames, fit } = input
  const grid = gridOf(size, strides)
  const index = new Map(classes.map((name, i) => [name, i]))
  const counts = classes.map(() => 0)
  const sums = [0, 0]
  let objects = 0
  let seen = 0
  for (const { annotation } of train) {
    if (annotation === undefined) continue
    seen += annotation.boxes?.length ?? 0
    const { scaleX, scaleY } = geometryOf(annotation.size, size, fit)
    for (const { boxes } of annotation.boxes ?? []) {
      for (const { label, width, height, crowd } of boxes) {
        if (crowd) continue
        counts[index.get(label) ?? 0]++
        const [w, h] = [width * scaleX, height * scaleY]
        const { stride } = levelFor(grid, w, h)
        sums[0] += Math.log(w / stride)
        sums[1] += Math.log(h / stride)
        objects++
      }
    }
  }
  const [width, height] = objects === 0 ? [0, 0] : sums.map(sum => sum / objects)
  return {
    ...{ classes, size, frames, fit, strides },
    objects: counts.map(count => count / Math.max(1, seen)),
    sides: [width, height],
  }
}

/** mAP is of objects that are to be found: without any there is none. */
export function nothingToFind(clips: readonly Clip[]): string | undefined {
  const holds = ({ annotation }: Clip) =>
    annotation?.boxes?.some(({ boxes }) => boxes.some(({ crowd }) => !crowd)) ?? false
  return clips.some(holds)
    ? undefined
    : 'no object is boxed there, and mAP is of objects that are to be found'
}

/** @throws input error for data without boxes, or with classes that the model doesn't know */
export function checkBoxes({ path, boxClasses = [] }: Dataset, known?: DetectionFacts): void {
  if (boxClasses.length === 0)
    throw inputError(
      'data.no-boxes',
      `${path} has no boxes, and object-detection learns from them: give boxes.csv beside the pictures, COCO JSON, YOLO text files or Pascal VOC XML`,
    )
  if (known !== undefined) refuseUnknown('classes', boxClasses, known.classes)
}
