import type { Layer } from './graph.ts'
import { tf } from './tf.ts'

/** A layer's own `call` at inference. */
export function callLayer(layer: Layer, inputs: readonly tf.Tensor[]): tf.Tensor {
  const output = layer.call(inputs.length === 1 ? inputs[0] : [...inputs], {})
  const [tensor] = Array.isArray(output) ? output : [output]
  // A layer that does nothing at inference hands its input back: every value here has an owner of its own.
  return inputs.includes(tensor) ? tf.clone(tensor) : tensor
}
