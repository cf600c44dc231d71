import { tf } from '../../tf.ts'
import { type Detection, MOST_DETECTIONS } from '../coco/match.ts'
import { type Grid, LARGEST_LOG } from './grid.ts'

const LEAST_SCORE = 0.01
/** Of two boxes of one class that lie over another as much, the one of lower score goes. */
const OVERLAP = 0.5
/** Places that NMS chooses from: the most certain ones. */
const CANDIDATES = 1000

/**
 * Objects of each frame, at most 100, the most certain first: places that are the hottest of their neighbours, then
 * non-maximum suppression a class.
 * @param values [T, P, C + 4] of one clip, on the host
 * @param size [height, width] of the input
 */
export function decodeDetections(
  values: Float32Array,
  frames: number,
  {
    grid,
    classes,
    size,
  }: { readonly grid: Grid; readonly classes: number; readonly size: readonly [number, number] },
): readonly (readonly Detection[])[] {
  const row = grid.places * (classes + 4)
  return Array.from({ length: frames }, (_, frame) =>
    frameDetections(values.subarray(frame * row, (frame + 1) * row), grid, classes, size),
  )
}

function frameDetections(
  values: Float32Array,
  grid: Grid,
  classes: number,
  size: readonly [number, number],
): readonly Detection[] {
  const width = classes + 4
  const least = Math.log(LEAST_SCORE / (1 - LEAST_SCORE))
  const peaks: { place: number; label: number; logit: number }[] = []
  for (const level of grid.levels) {
    for (let at = 0; at < level.rows * level.columns; at++) {
      const place = level.offset + at
      for (let label = 0; label < classes; label++) {
        const logit = values[place * width + label]
        if (logit >= least && isPeak(values, level, at, width, label)) peaks.push({ place, label, logit })
      }
    }
  }
  peaks.sort((a, b) => b.logit - a.logit)
  const found = peaks
    .slice(0, CANDIDATES)
    .map(({ place, label, logit }) => boxAt(values, grid, place, width, size, label, logit))
    .filter(({ width, height }) => width > 0 && height > 0)
  return suppressed(found, size)
}

function isPeak(
  values: Float32Array,
  { rows, columns, offset }: Grid['levels'][number],
  at: number,
  width: number,
  label: number,
): boolean {
  const [row, column] = [Math.floor(at / columns), at % columns]
  const own = values[(offset + at) * width + label]
  for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++)
    for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++)
      if (values[(offset + y * columns + x) * width + label] > own) return false
  return true
}

function boxAt(
  values: Float32Array,
  { levels }: Grid,
  place: number,
  width: number,
  [frameHeight, frameWidth]: readonly [number, number],
  label: number,
  logit: number,
): Detection {
  const level = levels.findLast(({ offset }) => offset <= place) ?? levels[0]
  const { stride, columns, offset } = level
  const [dx, dy, logWidth, logHeight] = values.subarray(place * width + width - 4, place * width + width)
  const at = place - offset
  const middleX = ((at % columns) + 0.5 + dx) * stride
  const middleY = (Math.floor(at / columns) + 0.5 + dy) * stride
  const [halfWidth, halfHeight] = [logWidth, logHeight].map(
    log => (Math.exp(Math.min(log, LARGEST_LOG)) * stride) / 2,
  )
  const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value))
  const [left, right] = [middleX - halfWidth, middleX + halfWidth].map(x => clamp(x, frameWidth))
  const [top, bottom] = [middleY - halfHeight, middleY + halfHeight].map(y => clamp(y, frameHeight))
  const score = 1 / (1 + Math.exp(-logit))
  return { label, score, x: left, y: top, width: right - left, height: bottom - top }
}

/** Classes lie far apart, so that one call serves all of them. */
function suppressed(found: readonly Detection[], size: readonly [number, number]): readonly Detection[] {
  if (found.length === 0) return []
  const apart = 2 * Math.max(...size)
  const kept = tf.tidy(() => {
    const boxes = tf.tensor2d(
      found.flatMap(({ label, x, y, width, height }) => {
        const shift = label * apart
        return [y + shift, x + shift, y + height + shift, x + width + shift]
      }),
      [found.length, 4],
    )
    const scores = tf.tensor1d(found.map(({ score }) => score))
    return tf.image.nonMaxSuppression(boxes, scores, MOST_DETECTIONS, OVERLAP).dataSync()
  })
  return Array.from(kept, index => found[index])
}
