import type { Mask } from '../envs/env.ts'
import { tf } from '../models/tf.ts'

/** A perceptron as an expression on the engine's tape: [size] parameters and a [rows, inputs] batch to [rows, outputs]. */
export type TapePerceptron = (parameters: tf.Tensor1D, batch: tf.Tensor2D) => tf.Tensor2D

/**
 * `Mlp` as an expression, so that a loss is differentiated by the engine: of the same parameters in the same order, equal
 * to 1e-5. An agent acts with the `Mlp`, and learns by `descentOf` a loss that is made of this.
 * @param sizes units of every layer, inputs first and outputs last
 */
export function perceptronOnTape(
  sizes: readonly number[],
  activation: 'tanh' | 'relu' = 'tanh',
): TapePerceptron {
  return (parameters, batch) =>
    tf.tidy(() => {
      let at = 0
      const take = (count: number) => {
        at += count
        return parameters.slice(at - count, count)
      }
      let output = batch
      for (const [l, size] of sizes.slice(1).entries()) {
        const weights = take(size * sizes[l]).reshape([size, sizes[l]])
        const sum = tf.matMul(output, weights, false, true).add<tf.Tensor2D>(take(size))
        output = l === sizes.length - 2 ? sum : activation === 'tanh' ? tf.tanh(sum) : tf.relu(sum)
      }
      return output
    })
}

/**
 * A loss of flat parameters, and its gradient by each: what the optimizer steps along.
 * @param makeLoss called once, for what the loss is made of besides the parameters: its tensors are given back. It returns
 *   the loss, a scalar, as a function of the parameters as tensors [size]
 */
export function descentOf(
  makeLoss: () => (...parameters: tf.Tensor1D[]) => tf.Scalar,
  parameters: readonly Float32Array[],
): { readonly loss: number; readonly gradients: readonly Float32Array[] } {
  return tf.tidy(() => {
    const loss = makeLoss()
    const tensors = parameters.map(values => tf.tensor1d(values.slice()))
    const { value, grads } = tf.valueAndGrads((...given: tf.Tensor[]) => loss(...(given as tf.Tensor1D[])))(
      tensors,
    )
    return {
      loss: value.dataSync()[0],
      gradients: grads.map(gradient => gradient.dataSync<'float32'>().slice()),
    }
  })
}

/** What is added to logits so that what masks hide has probability 0: [rows, actions] of 0 and −1e9. */
export function maskLogits(masks: readonly (Mask | undefined)[], actions: number): tf.Tensor2D {
  const values = new Float32Array(masks.length * actions)
  for (const [row, mask] of masks.entries())
    for (let a = 0; a < actions; a++) if (mask?.[a] === 0) values[row * actions + a] = -1e9
  return tf.tensor2d(values, [masks.length, actions])
}
