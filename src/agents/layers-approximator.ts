import { concatenated } from '../common/arrays.ts'
import { inputError } from '../common/error.ts'
import { tf } from '../models/tf.ts'
import type { Approximator } from './approximator.ts'

/**
 * A tfjs layers model of one input [rows, inputs] and one output [rows, outputs] as an `Approximator`, for policy and
 * value networks of one's own: `networks: { policy: () => layersApproximator(model) }`.
 *
 * `parameters` start as the model's trainable weights and are written into it at every call, so several approximators
 * may share a model. It runs in inference mode (no dropout, batch normalisation by its statistics), so that acting
 * and learning see one function. It stays the caller's to dispose; give its initializers seeds where runs are to be
 * reproducible.
 * @throws input error when the model's shapes are others than [rows, n]
 */
export function layersApproximator(model: tf.LayersModel): Approximator {
  const inputs = columns(model.inputs, 'input')
  const outputs = columns(model.outputs, 'output')
  const weights = model.trainableWeights
  const variables = weights.map(weight => (weight as unknown as { val: tf.Variable }).val)
  const parameters = concatenated(variables.map(variable => variable.dataSync<'float32'>()))
  let batch = new Float32Array(0)
  let rows = 0

  return {
    inputs,
    outputs,
    parameters,
    forward(given, count) {
      batch = given.slice(0, count * inputs)
      rows = count
      writeParameters()
      if (rows === 0) return new Float32Array(0)
      return tf.tidy(() => apply().dataSync<'float32'>().slice())
    },
    backward(outputGradient) {
      writeParameters()
      return tf.tidy(() => {
        const direction = tf.tensor2d(outputGradient.slice(), [rows, outputs])
        const { grads } = tf.variableGrads(() => apply().mul(direction).sum().asScalar(), variables)
        return concatenated(variables.map(variable => grads[variable.name].dataSync<'float32'>()))
      })
    },
  }

  function apply(): tf.Tensor {
    return model.apply(tf.tensor2d(batch, [rows, inputs]), { training: false }) as tf.Tensor
  }

  function writeParameters(): void {
    let at = 0
    tf.tidy(() => {
      for (const variable of variables) {
        variable.assign(tf.tensor(parameters.slice(at, at + variable.size), variable.shape))
        at += variable.size
      }
    })
  }
}

function columns(tensors: readonly tf.SymbolicTensor[], what: string): number {
  const size = tensors[0].shape[1]
  if (tensors.length === 1 && tensors[0].shape.length === 2 && typeof size === 'number') return size
  const shapes = tensors.map(({ shape }) => `[${shape.map(n => n ?? 'rows').join(', ')}]`).join(' and ')
  throw inputError(
    'network.shape',
    `a policy or value network has one ${what} of shape [rows, n], and this model has ${shapes}: ` +
      'add a flatten layer, or implement Approximator yourself',
  )
}
