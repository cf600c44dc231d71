import { tf } from '../models/tf.ts'
import type { Approximator } from './approximator.ts'
import { Mlp, type MlpOptions } from './mlp.ts'

/**
 * `Mlp` on the engine that runs: the same parameters in the same order, outputs and gradients equal to 1e-5 of its.
 * Every call costs the engine's overhead and the parameters' way to it, so it is for networks of thousands of units.
 */
export class EngineMlp implements Approximator {
  readonly inputs: number
  readonly outputs: number
  readonly parameters: Float32Array
  private readonly sizes: readonly number[]
  private readonly activation: 'tanh' | 'relu'
  /** Of the last forward: each layer's input, the first one's first, and its weights. */
  private layers: readonly { readonly input: tf.Tensor2D; readonly weights: tf.Tensor2D }[] = []

  constructor(options: MlpOptions) {
    const { inputs, outputs, parameters } = new Mlp(options)
    const { hidden = [64, 64], activation = 'tanh' } = options
    this.inputs = inputs
    this.outputs = outputs
    this.parameters = parameters
    this.sizes = [inputs, ...hidden, outputs]
    this.activation = activation
  }

  forward(batch: Float32Array, rows: number): Float32Array {
    this.forget()
    let output = new Float32Array(0)
    tf.tidy(() => {
      const made: { input: tf.Tensor2D; weights: tf.Tensor2D }[] = []
      let input = tf.tensor2d(batch.slice(0, rows * this.inputs), [rows, this.inputs])
      let at = 0
      for (const [l, size] of this.sizes.slice(1).entries()) {
        const count = size * this.sizes[l]
        const weights = tf.tensor2d(this.parameters.slice(at, at + count), [size, this.sizes[l]])
        const biases = tf.tensor1d(this.parameters.slice(at + count, at + count + size))
        at += count + size
        made.push({ input, weights })
        const sum = tf.matMul(input, weights, false, true).add<tf.Tensor2D>(biases)
        input = l === this.sizes.length - 2 ? sum : this.activation === 'tanh' ? tf.tanh(sum) : tf.relu(sum)
      }
      for (const { input, weights } of made) {
        tf.keep(input)
        tf.keep(weights)
      }
      this.layers = made
      output = input.dataSync<'float32'>().slice()
    })
    return output
  }

  backward(outputGradient: Float32Array): Float32Array {
    const gradient = new Float32Array(this.parameters.length)
    tf.tidy(() => {
      const rows = outputGradient.length / this.outputs
      let delta = tf.tensor2d(outputGradient.slice(), [rows, this.outputs])
      let at = gradient.length
      for (let l = this.layers.length - 1; l >= 0; l--) {
        const { input, weights } = this.layers[l]
        // ∂W = deltaᵀ input, ∂b = Σ delta
        at -= weights.shape[0]
        gradient.set(tf.sum(delta, 0).dataSync<'float32'>(), at)
        at -= weights.size
        gradient.set(tf.matMul(delta, input, true).dataSync<'float32'>(), at)
        if (l === 0) break
        // ∂input = delta W, times the activation's derivative
        const slope = this.activation === 'tanh' ? tf.sub(1, input.square()) : input.greater(0).toFloat()
        delta = tf.matMul(delta, weights).mul<tf.Tensor2D>(slope)
      }
    })
    return gradient
  }

  dispose(): void {
    this.forget()
  }

  private forget(): void {
    for (const { input, weights } of this.layers) tf.dispose([input, weights])
    this.layers = []
  }
}
