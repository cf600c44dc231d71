import type { Rng } from '../common/random.ts'
import type { Approximator } from './approximator.ts'

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
 * A multi-layer perceptron in typed arrays, by default with tanh between its layers and orthogonal weights.
 *
 * `parameters` holds W [out, in] row-major and then b [out], layer by layer: the order of PyTorch's `parameters()`.
 * What `forward` and `backward` return stays valid until their next call, which writes over it.
 */
export class Mlp implements Approximator {
  readonly inputs: number
  readonly outputs: number
  readonly parameters: Float32Array
  private readonly layers: readonly Layer[]
  private readonly gradient: Float32Array
  private readonly activation: 'tanh' | 'relu'
  private rows = 0
  private capacity = 0

  constructor(options: MlpOptions) {
    const { inputs, outputs, hidden = [64, 64], rng, outputGain = 1, initial = 'orthogonal' } = options
    this.activation = options.activation ?? 'tanh'
    this.inputs = inputs
    this.outputs = outputs
    const sizes = [inputs, ...hidden, outputs]
    const count = hidden.length + 1
    const total = sizes.slice(1).reduce((sum, size, l) => sum + size * (sizes[l] + 1), 0)
    this.parameters = new Float32Array(total)
    this.gradient = new Float32Array(total)
    let at = 0
    this.layers = Array.from({ length: count }, (_, l) => {
      const layer = layerAt(this.parameters, this.gradient, at, sizes[l], sizes[l + 1])
      at += layer.weights.length + layer.biases.length
      if (initial === 'uniform') {
        const bound = 1 / Math.sqrt(layer.inputs)
        for (const values of [layer.weights, layer.biases])
          for (let i = 0; i < values.length; i++) values[i] = bound * (2 * rng.next() - 1)
      } else {
        const gain = l < count - 1 ? Math.SQRT2 : outputGain
        layer.weights.set(orthogonal(layer.outputs, layer.inputs, gain, rng))
      }
      return layer
    })
  }

  forward(batch: Float32Array, rows: number): Float32Array {
    this.reserve(rows)
    this.rows = rows
    let input = batch
    for (const [l, layer] of this.layers.entries()) {
      layer.input = input
      affine(layer, rows)
      if (l < this.layers.length - 1) activate(layer.output, rows * layer.outputs, this.activation)
      input = layer.output
    }
    return input.subarray(0, rows * this.outputs)
  }

  backward(outputGradient: Float32Array): Float32Array {
    this.gradient.fill(0)
    let delta = outputGradient
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const layer = this.layers[l]
      addParameterGradient(layer, delta, this.rows)
      if (l === 0) break
      inputGradient(layer, delta, this.rows, this.activation)
      delta = layer.delta
    }
    return this.gradient
  }

  private reserve(rows: number): void {
    if (rows <= this.capacity) return
    this.capacity = rows
    for (const layer of this.layers) {
      layer.output = new Float32Array(rows * layer.outputs)
      layer.delta = new Float32Array(rows * layer.inputs)
    }
  }
}

interface Layer {
  readonly inputs: number
  readonly outputs: number
  /** [outputs, inputs] */
  readonly weights: Float32Array
  /** [outputs] */
  readonly biases: Float32Array
  readonly weightGradient: Float32Array
  readonly biasGradient: Float32Array
  /** [rows, inputs], of the last forward. */
  input: Float32Array
  /** [rows, outputs], activated but in the last layer. */
  output: Float32Array
  /** ∂loss/∂(the layer's input before its activation), [rows, inputs] */
  delta: Float32Array
}

function layerAt(
  parameters: Float32Array,
  gradient: Float32Array,
  at: number,
  inputs: number,
  outputs: number,
) {
  const middle = at + inputs * outputs
  const end = middle + outputs
  const layer: Layer = {
    inputs,
    outputs,
    weights: parameters.subarray(at, middle),
    biases: parameters.subarray(middle, end),
    weightGradient: gradient.subarray(at, middle),
    biasGradient: gradient.subarray(middle, end),
    input: new Float32Array(0),
    output: new Float32Array(0),
    delta: new Float32Array(0),
  }
  return layer
}

/** output = input Wᵀ + b. Four units at a time, whose sums don't wait for each other. */
function affine({ inputs, outputs, weights, biases, input, output }: Layer, rows: number) {
  const blocked = outputs - (outputs % 4)
  for (let r = 0; r < rows; r++) {
    const from = r * inputs
    const to = r * outputs
    for (let j = 0; j < blocked; j += 4) {
      let [a, b, c, d] = [biases[j], biases[j + 1], biases[j + 2], biases[j + 3]]
      let k = j * inputs
      for (let i = from; i < from + inputs; i++, k++) {
        const x = input[i]
        a += weights[k] * x
        b += weights[k + inputs] * x
        c += weights[k + 2 * inputs] * x
        d += weights[k + 3 * inputs] * x
      }
      output[to + j] = a
      output[to + j + 1] = b
      output[to + j + 2] = c
      output[to + j + 3] = d
    }
    for (let j = blocked; j < outputs; j++) {
      let sum = biases[j]
      for (let i = 0; i < inputs; i++) sum += weights[j * inputs + i] * input[from + i]
      output[to + j] = sum
    }
  }
}

function activate(values: Float32Array, length: number, activation: 'tanh' | 'relu'): void {
  if (activation === 'tanh') for (let i = 0; i < length; i++) values[i] = Math.tanh(values[i])
  // Written so that NaN stays NaN.
  else for (let i = 0; i < length; i++) if (values[i] < 0) values[i] = 0
}

/** ∂W += deltaᵀ input, ∂b += Σ delta. */
function addParameterGradient(layer: Layer, delta: Float32Array, rows: number): void {
  const { inputs, outputs, weightGradient, biasGradient, input } = layer
  for (let r = 0; r < rows; r++) {
    const from = r * inputs
    for (let j = 0; j < outputs; j++) {
      const d = delta[r * outputs + j]
      if (d === 0) continue
      biasGradient[j] += d
      const row = j * inputs
      for (let i = 0; i < inputs; i++) weightGradient[row + i] += d * input[from + i]
    }
  }
}

/** delta W, times the activation's derivative: tanh′ = 1 − tanh², ReLU′ = 1 where it was open. */
function inputGradient(
  { inputs, outputs, weights, input, delta }: Layer,
  above: Float32Array,
  rows: number,
  activation: 'tanh' | 'relu',
) {
  for (let r = 0; r < rows; r++) {
    const from = r * inputs
    delta.fill(0, from, from + inputs)
    for (let j = 0; j < outputs; j++) {
      const d = above[r * outputs + j]
      // Half of a ReLU network's units are shut, and most actions of a batch have no gradient.
      if (d === 0) continue
      const row = j * inputs
      for (let i = 0; i < inputs; i++) delta[from + i] += d * weights[row + i]
    }
    if (activation === 'tanh') for (let i = from; i < from + inputs; i++) delta[i] *= 1 - input[i] * input[i]
    else for (let i = from; i < from + inputs; i++) if (input[i] <= 0) delta[i] = 0
  }
}

/** A [rows, columns] matrix whose rows (or columns, if those are fewer) are orthogonal and of length `gain`. */
function orthogonal(rows: number, columns: number, gain: number, rng: Rng): Float32Array {
  const [count, length] = rows <= columns ? [rows, columns] : [columns, rows]
  const vectors: Float64Array[] = []
  while (vectors.length < count) {
    const v = Float64Array.from({ length }, () => rng.normal())
    for (const u of vectors) {
      const along = dot(u, v)
      for (let i = 0; i < length; i++) v[i] -= along * u[i]
    }
    const norm = Math.sqrt(dot(v, v))
    vectors.push(v.map(x => x / norm))
  }
  return Float32Array.from({ length: rows * columns }, (_, k) => {
    const [row, column] = [Math.floor(k / columns), k % columns]
    return gain * (rows <= columns ? vectors[row][column] : vectors[column][row])
  })
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}
