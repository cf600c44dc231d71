import { cosine, type GradientFigures, type Gram } from '../statistics.ts'
import { tf } from '../tf.ts'

const SUMS = 7

/**
 * What `gradientFigures` of statistics.ts takes from arrays, from flat gradients on the engine, by group.
 * @returns [groups · 7] sums, then each group's mean gradient; the caller's
 */
export function gradientSums(
  first: readonly tf.Tensor[],
  second: readonly tf.Tensor[],
  previous: readonly tf.Tensor[],
): readonly tf.Tensor[] {
  const dot = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b))
  const means: tf.Tensor[] = []
  const sums = first.flatMap((a, group) => {
    const b = second[group]
    const before = previous[group]
    const mean = tf.mul(tf.add(a, b), 0.5)
    const difference = tf.mul(tf.sub(a, b), 0.5)
    means.push(mean)
    return [
      ...[dot(a, b), dot(a, a), dot(b, b), dot(mean, mean), dot(difference, difference)],
      ...(before === undefined ? [tf.scalar(0), tf.scalar(0)] : [dot(mean, before), dot(before, before)]),
    ]
  })
  return [tf.stack(sums), ...means]
}

/** @param sums as `gradientSums` gives them, read */
export function figuresOf(sums: ArrayLike<number>, compared: boolean): readonly GradientFigures[] {
  return Array.from({ length: sums.length / SUMS }, (_, group) => {
    const at = (i: number) => sums[SUMS * group + i]
    return {
      gradientNorm: Math.sqrt(at(3)),
      alignment: cosine(at(0), at(1), at(2)),
      signalToNoise: at(3) / Math.max(at(4), 1e-30),
      persistence: compared ? cosine(at(5), at(3), at(6)) : 1,
    }
  })
}

/** [rows · rows]: K = XXᵀ of a [rows, …] tensor, its columns centred. */
export function gramOf(tensor: tf.Tensor, rows: number): tf.Tensor {
  const flat = tf.reshape(tensor, [rows, -1]) as tf.Tensor2D
  const centred = tf.sub(flat, tf.mean(flat, 0, true)) as tf.Tensor2D
  return tf.reshape(tf.matMul(centred, centred, false, true), [rows * rows])
}

/** @param values [groups · rows · rows], read */
export function gramsOf(values: Float32Array, rows: number): readonly Gram[] {
  const size = rows * rows
  return Array.from({ length: values.length / size }, (_, group) => ({
    rows,
    values: Float64Array.from(values.subarray(group * size, (group + 1) * size)),
  }))
}
