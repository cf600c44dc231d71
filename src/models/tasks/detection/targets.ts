import type { FrameTruth } from '../../../data/annotation.ts'
import type { TrueBox } from '../coco/match.ts'
import { type Grid, type Level, levelFor } from './grid.ts'

/** What each place of a clip's frames is to say. */
export interface DenseTarget {
  /** [T, P, C]: 1 at the middle of an object of that class. */
  readonly positive: Float32Array
  /** [T, P, C]: (1 − Y)⁴ where no object's middle is, 0 where nothing is known. */
  readonly negative: Float32Array
  /** [T, P, 4]: left, top, right, bottom in pixels of the object that a place is to box. */
  readonly boxes: Float32Array
  /** [T, P]: what its box counts for; the places of one object sum to 1. */
  readonly weights: Float32Array
}

/** Of an object's sides: how far its Gaussian reaches (TTFNet's α and β: Liu et al. 2019). */
const REACH = 0.54
/** Of the falling off of negatives beside an object's middle (CornerNet's β: Law & Deng 2018). */
const BETA = 4

/**
 * Heat and boxes as TTFNet trains on them (Liu et al. 2019): a Gaussian as wide as the object round its middle, and every
 * place within it boxes the object.
 * @param frames undefined where nothing is known of a frame
 */
export function denseTarget(
  frames: readonly (readonly TrueBox[] | undefined)[],
  grid: Grid,
  classes: number,
): DenseTarget {
  const { places } = grid
  const heat = new Float32Array(frames.length * places * classes)
  const positive = new Float32Array(heat.length)
  const negative = new Float32Array(heat.length)
  const boxes = new Float32Array(frames.length * places * 4)
  const weights = new Float32Array(frames.length * places)
  frames.forEach((known, frame) => {
    if (known === undefined) return
    const of = { grid, classes, base: frame * places, heat, positive, boxes, weights }
    // Small ones last: where two lie over another, the one in front is as a rule the smaller.
    const objects = known.filter(({ crowd }) => !crowd).sort((a, b) => area(b) - area(a))
    for (const box of objects) paint(box, of)
    const from = frame * places * classes
    for (let i = from; i < from + places * classes; i++)
      negative[i] = positive[i] === 1 ? 0 : (1 - heat[i]) ** BETA
    for (const box of known) if (box.crowd) leaveOut(box, of, negative)
  })
  return { positive, negative, boxes, weights }
}

interface Canvas {
  readonly grid: Grid
  readonly classes: number
  /** The frame's first place. */
  readonly base: number
  readonly heat: Float32Array
  readonly positive: Float32Array
  readonly boxes: Float32Array
  readonly weights: Float32Array
}

function paint(box: TrueBox, { grid, classes, base, heat, positive, boxes, weights }: Canvas): void {
  const level = levelFor(grid, box.width, box.height)
  const { stride, columns, offset } = level
  const [column, row] = middleOf(box, level)
  const [reachX, reachY] = [(REACH * box.width) / 2 / stride, (REACH * box.height) / 2 / stride]
  const [left, right] = within(column, reachX, columns)
  const [top, bottom] = within(row, reachY, level.rows)
  const own: { place: number; value: number }[] = []
  let sum = 0
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const place = base + offset + y * columns + x
      const value = gaussian(x - column, reachX / 3) * gaussian(y - row, reachY / 3)
      const at = place * classes + box.label
      heat[at] = Math.max(heat[at], value)
      own.push({ place, value })
      sum += value
    }
  }
  positive[(base + offset + row * columns + column) * classes + box.label] = 1
  for (const { place, value } of own) {
    weights[place] = value / sum
    boxes.set([box.x, box.y, box.x + box.width, box.y + box.height], place * 4)
  }
}

/** [column, row] of the place that holds an object's middle. */
function middleOf(box: TrueBox, { stride, rows, columns }: Level): readonly [number, number] {
  const at = (middle: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(middle / stride)))
  return [at(box.x + box.width / 2, columns), at(box.y + box.height / 2, rows)]
}

function within(middle: number, reach: number, count: number): readonly [number, number] {
  const whole = Math.floor(reach)
  return [Math.max(0, middle - whole), Math.min(count - 1, middle + whole)]
}

function gaussian(distance: number, deviation: number): number {
  return distance === 0 ? 1 : Math.exp(-(distance ** 2) / (2 * deviation ** 2))
}

/** What lies under a group of objects that were not told apart is no mistake. */
function leaveOut(box: TrueBox, { grid, classes, base }: Canvas, negative: Float32Array): void {
  for (const { stride, rows, columns, offset } of grid.levels) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const [x, y] = [(column + 0.5) * stride, (row + 0.5) * stride]
        if (x < box.x || x > box.x + box.width || y < box.y || y > box.y + box.height) continue
        negative[(base + offset + row * columns + column) * classes + box.label] = 0
      }
    }
  }
}

function area({ width, height }: TrueBox): number {
  return width * height
}

/** Boxes of a frame by class index; undefined where nothing is known of it. */
export function trueBoxes(
  truth: FrameTruth | undefined,
  indexOf: (label: string) => number,
): readonly TrueBox[] | undefined {
  return truth?.boxes?.map(({ label, x, y, width, height, crowd = false }) => {
    return { label: indexOf(label), x, y, width, height, crowd }
  })
}
