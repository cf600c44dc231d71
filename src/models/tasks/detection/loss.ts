import { concatenated } from '../../../common/arrays.ts'
import { tf } from '../../tf.ts'
import { type Grid, LARGEST_LOG } from './grid.ts'
import type { DenseTarget } from './targets.ts'

/** What a box counts for beside the heat (TTFNet: Liu et al. 2019). */
export const BOX_WEIGHT = 5
const EPSILON = 1e-7

/**
 * Of each clip [B]: focal loss of the heat (CornerNet's: Law & Deng 2018) and 1 − GIoU of the boxes (Rezatofighi et al.
 * 2019), summed over frames.
 * @param values [B, T, P, C + 4]: logits of the heat; then how far the box's middle lies from the place's, and the
 * logarithms of its sides, both in places
 */
export function detectionLoss(
  values: tf.Tensor,
  targets: readonly DenseTarget[],
  grid: Grid,
  classes: number,
): tf.Tensor1D {
  const [batch, frames, places] = values.shape
  const joined = (of: (target: DenseTarget) => Float32Array, width: number) =>
    tf.tensor(concatenated(targets.map(of)), [batch, frames * places, width])
  const rows = tf.reshape(values, [batch, frames * places, classes + 4])
  const logits = tf.slice(rows, [0, 0, 0], [-1, -1, classes])
  const heat = focal(
    logits,
    joined(({ positive }) => positive, classes),
    joined(({ negative }) => negative, classes),
  )
  const predicted = decoded(tf.slice(rows, [0, 0, classes], [-1, -1, 4]), grid, frames)
  const overlap = giou(
    predicted,
    joined(({ boxes }) => boxes, 4),
  )
  const weights = tf.squeeze(
    joined(target => target.weights, 1),
    [2],
  )
  const box = tf.sum(tf.mul(weights, tf.sub(1, overlap)), 1)
  return tf.add(tf.sum(heat, [1, 2]), tf.mul(box, BOX_WEIGHT)) as tf.Tensor1D
}

/** By logits, so that nothing is taken the logarithm of. */
function focal(logits: tf.Tensor, positive: tf.Tensor, negative: tf.Tensor): tf.Tensor {
  const probability = tf.sigmoid(logits)
  const found = tf.mul(tf.square(tf.sub(1, probability)), tf.softplus(tf.neg(logits)))
  const mistaken = tf.mul(tf.square(probability), tf.softplus(logits))
  return tf.add(tf.mul(positive, found), tf.mul(negative, mistaken))
}

type Sides = readonly [left: tf.Tensor, top: tf.Tensor, right: tf.Tensor, bottom: tf.Tensor]

/** Boxes [B, T·P] in pixels of the input. */
function decoded(raw: tf.Tensor, grid: Grid, frames: number): Sides {
  const { x, y, stride } = placesOf(grid, frames)
  const [dx, dy, logWidth, logHeight] = tf.unstack(raw, 2)
  const half = (log: tf.Tensor) => tf.mul(tf.exp(tf.minimum(log, LARGEST_LOG)), tf.div(stride, 2))
  const [middleX, middleY] = [tf.add(x, tf.mul(dx, stride)), tf.add(y, tf.mul(dy, stride))]
  const [halfWidth, halfHeight] = [half(logWidth), half(logHeight)]
  return [
    tf.sub(middleX, halfWidth),
    tf.sub(middleY, halfHeight),
    tf.add(middleX, halfWidth),
    tf.add(middleY, halfHeight),
  ]
}

/** Middles and strides of all places, [1, T·P], pixels of the input. */
function placesOf(grid: Grid, frames: number) {
  const all = { x: [] as number[], y: [] as number[], stride: [] as number[] }
  for (let frame = 0; frame < frames; frame++) {
    for (const { stride, rows, columns } of grid.levels) {
      for (let place = 0; place < rows * columns; place++) {
        all.x.push(((place % columns) + 0.5) * stride)
        all.y.push((Math.floor(place / columns) + 0.5) * stride)
        all.stride.push(stride)
      }
    }
  }
  const tensor = (values: readonly number[]) => tf.tensor2d([...values], [1, values.length])
  return { x: tensor(all.x), y: tensor(all.y), stride: tensor(all.stride) }
}

/** [B, N] of boxes against `targets` [B, N, 4]: IoU, less the share of the smallest box round both that neither fills. */
function giou([left, top, right, bottom]: Sides, targets: tf.Tensor): tf.Tensor {
  const [trueLeft, trueTop, trueRight, trueBottom] = tf.unstack(targets, 2)
  const span = (from: tf.Tensor, to: tf.Tensor) => tf.relu(tf.sub(to, from))
  const area = (width: tf.Tensor, height: tf.Tensor) => tf.mul(width, height)
  const common = area(
    span(tf.maximum(left, trueLeft), tf.minimum(right, trueRight)),
    span(tf.maximum(top, trueTop), tf.minimum(bottom, trueBottom)),
  )
  const both = tf.sub(
    tf.add(
      area(span(left, right), span(top, bottom)),
      area(span(trueLeft, trueRight), span(trueTop, trueBottom)),
    ),
    common,
  )
  const hull = area(
    span(tf.minimum(left, trueLeft), tf.maximum(right, trueRight)),
    span(tf.minimum(top, trueTop), tf.maximum(bottom, trueBottom)),
  )
  const share = (part: tf.Tensor, whole: tf.Tensor) => tf.div(part, tf.add(whole, EPSILON))
  return tf.sub(share(common, both), share(tf.sub(hull, both), hull))
}
