import { inputError } from '../common/error.ts'
import type { Rng } from '../common/random.ts'
import type { Approximator } from './approximator.ts'
import { BYTES, instantiate, PAGE } from './kernel-memory.ts'
import { orthogonal } from './orthogonal.ts'
import { WebAssembly } from './webassembly.ts'

/** Sizes of a perceptron, and how it begins. */
export interface MlpOptions {
  readonly inputs: number
  readonly outputs: number
  /** Units of each hidden layer. */
  readonly hidden?: readonly number[]
  readonly rng: Rng
  /** Between the layers. */
  readonly activation?: 'tanh' | 'relu'
  /**
   * `orthogonal`: weights of gain √2, biases 0 (Saxe et al. 2014; the gains of CleanRL's `layer_init`). `uniform`:
   * both within ±1/√inputs (torch.nn.Linear's own).
   */
  readonly initial?: 'orthogonal' | 'uniform'
  /** Gain of the last layer's orthogonal weights: small for a policy (nearly uniform at first), 1 for values. */
  readonly outputGain?: number
}

/**
 * A multi-layer perceptron in WebAssembly SIMD, by default with tanh between its layers and orthogonal weights.
 *
 * `parameters` holds W [out, in] row-major and then b [out], layer by layer: the order of PyTorch's `parameters()`.
 * What `forward` and `backward` return stays valid until their next call, which writes over it.
 */
export class Mlp implements Approximator {
  readonly inputs: number
  readonly outputs: number
  readonly parameters: Float32Array
  private readonly layers: readonly Layer[]
  private readonly activation: 'tanh' | 'relu'
  private readonly memory = new WebAssembly.Memory({ initial: 1 })
  private readonly kernels = instantiate(this.memory)
  /** Views of the memory. */
  private copy = new Float32Array(0)
  private gradient = new Float32Array(0)
  private input = new Float32Array(0)
  private output = new Float32Array(0)
  private outputGradient = new Float32Array(0)
  private inputDelta = new Float32Array(0)
  private capacity = 0
  private rows = 0

  constructor(options: MlpOptions) {
    const { inputs, outputs, hidden = [64, 64], rng, outputGain = 1, initial = 'orthogonal' } = options
    checkSize(options)
    this.activation = options.activation ?? 'tanh'
    this.inputs = inputs
    this.outputs = outputs
    const sizes = [inputs, ...hidden, outputs]
    let at = 0
    this.layers = hidden.concat(outputs).map((size, l) => {
      const layer = { inputs: sizes[l], outputs: size, weights: at, biases: at + sizes[l] * size }
      at = layer.biases + size
      return { ...layer, input: 0, output: 0, delta: 0 }
    })
    this.parameters = new Float32Array(at)
    for (const [l, layer] of this.layers.entries()) {
      const gain = l < hidden.length ? Math.SQRT2 : outputGain
      if (initial === 'uniform') uniform(this.parameters, layer, rng)
      else this.parameters.set(orthogonal(layer.outputs, layer.inputs, gain, rng), layer.weights)
    }
    this.layOut(16)
  }

  forward(batch: Float32Array, rows: number): Float32Array {
    if (rows > this.capacity) this.layOut(Math.max(rows, 2 * this.capacity))
    this.rows = rows
    const { kernels, layers } = this
    this.copy.set(this.parameters)
    this.input.set(batch.length === rows * this.inputs ? batch : batch.subarray(0, rows * this.inputs))
    for (let l = 0; l < layers.length; l++) {
      const { inputs, outputs, weights, biases, input, output } = layers[l]
      kernels.affine(input, BYTES * weights, BYTES * biases, output, rows, inputs, outputs)
      if (l < layers.length - 1) kernels[this.activation](output, rows * outputs)
    }
    return this.output.subarray(0, rows * this.outputs)
  }

  backward(outputGradient: Float32Array): Float32Array {
    const { kernels, layers, rows, gradient } = this
    const start = gradient.byteOffset
    this.outputGradient.set(outputGradient)
    for (let l = layers.length - 1; l >= 0; l--) {
      const { inputs, outputs, weights, biases, input, delta } = layers[l]
      // ∂W = deltaᵀ input, ∂b = Σ delta
      kernels.multiply(delta, 1, outputs, input, start + BYTES * weights, outputs, rows, inputs)
      kernels.columnSums(delta, start + BYTES * biases, rows, outputs)
      if (l > 0) this.backwardThrough(l)
    }
    return gradient
  }

  /** From a layer's delta to that below: delta W, times the activation's derivative. */
  private backwardThrough(l: number): void {
    const { kernels, layers, rows } = this
    const { inputs, outputs, weights, input, delta } = layers[l]
    const below = layers[l - 1].delta
    kernels.multiply(delta, outputs, 1, BYTES * weights, below, rows, outputs, inputs)
    kernels[`${this.activation}Gradient`](below, input, rows * inputs)
  }

  /** `inputGradient` of the last `forward`, where the parameters' gradient isn't wanted. */
  backwardToInput(outputGradient: Float32Array): Float32Array {
    const { layers } = this
    this.outputGradient.set(outputGradient)
    for (let l = layers.length - 1; l > 0; l--) this.backwardThrough(l)
    return this.inputGradient()
  }

  /** After `backward`: ∂loss/∂(the batch of the last forward), [rows, inputs]. */
  inputGradient(): Float32Array {
    const { kernels, layers, rows, inputs, inputDelta } = this
    const { outputs, weights, delta } = layers[0]
    kernels.multiply(delta, outputs, 1, BYTES * weights, inputDelta.byteOffset, rows, outputs, inputs)
    return inputDelta.subarray(0, rows * inputs)
  }

  /** Parameters, their gradient, and the layers' rows, one after the other in memory that grows. */
  private layOut(rows: number): void {
    let at = 0
    const reserve = (floats: number) => {
      const from = at
      // Kernels write up to the next multiple of four.
      at += BYTES * (floats + 4)
      return from
    }
    reserve(this.parameters.length)
    const gradient = reserve(this.parameters.length)
    const inputDelta = reserve(rows * this.inputs)
    let input = reserve(rows * this.inputs)
    for (const layer of this.layers) {
      layer.input = input
      layer.output = reserve(rows * layer.outputs)
      layer.delta = reserve(rows * layer.outputs)
      input = layer.output
    }
    const pages = Math.ceil(at / PAGE) - this.memory.buffer.byteLength / PAGE
    if (pages > 0) this.memory.grow(pages)
    const view = (from: number, floats: number) => new Float32Array(this.memory.buffer, from, floats)
    const [first, last] = [this.layers[0], this.layers[this.layers.length - 1]]
    this.copy = view(0, this.parameters.length)
    this.gradient = view(gradient, this.parameters.length)
    this.input = view(first.input, rows * this.inputs)
    this.inputDelta = view(inputDelta, rows * this.inputs)
    this.output = view(last.output, rows * this.outputs)
    this.outputGradient = view(last.delta, rows * this.outputs)
    this.capacity = rows
  }
}

interface Layer {
  readonly inputs: number
  readonly outputs: number
  /** Where W [outputs, inputs] and b [outputs] begin in the parameters. */
  readonly weights: number
  readonly biases: number
  /** Addresses: [rows, inputs] of the last forward; [rows, outputs], activated but in the last layer. */
  input: number
  output: number
  /** Address: ∂loss/∂(the layer's output before its activation), [rows, outputs] */
  delta: number
}

/** How agents make perceptrons where their context doesn't say. */
export const simd = (options: MlpOptions): Approximator => new Mlp(options)

/** With gradient and Adam's moments 300 MB. */
const MOST_PARAMETERS = 2 ** 24
/** Products that making weights orthogonal takes: half a minute. */
const MOST_PRODUCTS = 2 ** 33

/** @throws input error, before memory is asked for, that says which sizes are too large */
function checkSize({ inputs, outputs, hidden = [64, 64], initial }: MlpOptions): void {
  const sizes = [inputs, ...hidden, outputs]
  let parameters = 0
  let products = 0
  for (const [l, size] of sizes.slice(1).entries()) {
    parameters += (sizes[l] + 1) * size
    if (initial !== 'uniform') products += sizes[l] * size * Math.min(sizes[l], size)
  }
  if (parameters <= MOST_PARAMETERS && products < MOST_PRODUCTS) return
  throw inputError(
    'network.too-large',
    `a perceptron of ${sizes.join(' → ')} units has ${parameters} parameters, and takes ${products} products to start: ` +
      `at most ${MOST_PARAMETERS} and ${MOST_PRODUCTS}: give smaller layers (hidden), or a network of your own`,
  )
}

/** Weights and biases within ±1/√inputs. */
function uniform(parameters: Float32Array, { inputs, outputs, weights, biases }: Layer, rng: Rng): void {
  const bound = 1 / Math.sqrt(inputs)
  for (let i = weights; i < biases + outputs; i++) parameters[i] = bound * (2 * rng.next() - 1)
}
