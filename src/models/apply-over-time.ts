import { tf } from './tf.ts'

/** A layer or a model on every frame of [T, …]. */
export function applyOverTime(
  layer: tf.layers.Layer,
  name: string,
  input: tf.SymbolicTensor,
): tf.SymbolicTensor {
  return tf.layers.timeDistributed({ layer, name }).apply(input) as tf.SymbolicTensor
}
