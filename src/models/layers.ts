import type { Rng } from '../common/random.ts'
import { tf } from './tf.ts'

/** What a layer makes of one tensor or several. */
export function on(
  layer: tf.layers.Layer,
  input: tf.SymbolicTensor | tf.SymbolicTensor[],
): tf.SymbolicTensor {
  return layer.apply(input) as tf.SymbolicTensor
}

/** Glorot's uniform, from the stream that heads are drawn from. */
export function glorot(rng: Rng) {
  return tf.initializers.glorotUniform({ seed: rng.int(2 ** 31) })
}
