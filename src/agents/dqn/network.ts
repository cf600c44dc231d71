import type { Rng } from '../../common/random.ts'
import type { Approximator } from '../approximator.ts'

interface QNetworkOptions {
  readonly inputs: number
  readonly outputs: number
  /** Units of each hidden layer. */
  readonly hidden: readonly number[]
  readonly rng: Rng
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
  /** [rows, outputs], after ReLU where there is one */
  output: Float32Array
  /** ∂loss/∂output, [rows, outputs] */
  delta: Float32Array
}

/**
 * The Q-network of CleanRL's dqn.py in typed arrays: ReLU between layers, weights and biases uniform within ±1/√inputs
 * (torch.nn.Linear's). Rows and units at 0 cost nothing on the way back, which half of a ReLU network's are.
 *
 * `parameters` holds W [out, in] row-major and then b [out], layer by layer: the order of PyTorch's `parameters()`.
 * What `forward` and `backward` return stays valid until their next call, which writes over it.
 */
export class QNetwork implements Approximator {
  readonly inputs: number
  readonly outputs: number
  readonly parameters: Float32Array
  private readonly gradient: Float32Array
  private readonly layers: readonly Layer[]
  private input: Float32Array = new Float32Array(0)
  private rows = 0
  private capacity = 0

  constructor({ inputs, outputs, hidden, rng }: QNetworkOptions) {
    this.inputs = inputs
    this.outputs = outputs
    const sizes = [inputs, ...hidden, outputs]
    const total = sizes.slice(1).reduce((sum, size, l) => sum + size * (sizes[l] + 1), 0)
    this.parameters = new Float32Array(total)
    this.gradient = new Float32Array(total)
    let at = 0
    this.layers = sizes.slice(1).map((units, l) => {
      const [middle, end] = [at + units * sizes[l], at + units * (sizes[l] + 1)]
      const bound = 1 / Math.sqrt(sizes[l])
      for (let i = at; i < end; i++) this.parameters[i] = bound * (2 * rng.next() - 1)
      const layer = {
        inputs: sizes[l],
        outputs: units,
        weights: this.parameters.subarray(at, middle),
        biases: this.parameters.subarray(middle, end),
        weightGradient: this.gradient.subarray(at, middle),
        biasGradient: this.gradient.subarray(middle, end),
        output: new Float32Array(0),
        delta: new Float32Array(0),
      }
      at = end
      return layer
    })
  }

  forward(batch: Float32Array, rows: number): Float32Array {
    this.reserve(rows)
    this.rows = rows
    this.input = batch
    let input = batch
    for (const [l, layer] of this.layers.entries()) {
      affine(layer, input, rows, l < this.layers.length - 1)
      input = layer.output
    }
    return input.subarray(0, rows * this.outputs)
  }

  backward(outputGradient: Float32Array): Float32Array {
    this.gradient.fill(0)
    let delta = outputGradient
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const below = this.layers[l - 1]
      addGradient(this.layers[l], below?.output ?? this.input, delta, this.rows, below?.delta)
      if (below !== undefined) delta = below.delta
    }
    return this.gradient
  }

  private reserve(rows: number): void {
    if (rows <= this.capacity) return
    this.capacity = rows
    for (const layer of this.layers) {
      layer.output = new Float32Array(rows * layer.outputs)
      layer.delta = new Float32Array(rows * layer.outputs)
    }
  }
}

/** output = input Wᵀ + b, through ReLU if `rectify`. Four units at a time, whose sums don't wait for each other. */
function affine(layer: Layer, input: Float32Array, rows: number, rectify: boolean): void {
  const { inputs, outputs, weights, biases, output } = layer
  const blocked = outputs - (outputs % 4)
  for (let r = 0; r < rows; r++) {
    const [from, to] = [r * inputs, r * outputs]
    for (let j = 0; j < blocked; j += 4) {
      let [a, b, c, d] = [biases[j], biases[j + 1], biases[j + 2], biases[j + 3]]
      for (let i = from, k = j * inputs; i < from + inputs; i++, k++) {
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
  // Written so that NaN stays NaN.
  if (rectify) for (let i = 0; i < rows * outputs; i++) if (output[i] < 0) output[i] = 0
}

/** ∂W += deltaᵀ input, ∂b += Σ delta, and ∂input = delta W where the input's ReLU was open. */
function addGradient(
  { inputs, outputs, weights, weightGradient, biasGradient }: Layer,
  input: Float32Array,
  delta: Float32Array,
  rows: number,
  inputDelta: Float32Array | undefined,
): void {
  inputDelta?.fill(0, 0, rows * inputs)
  for (let r = 0; r < rows; r++) {
    const from = r * inputs
    for (let j = 0; j < outputs; j++) {
      const d = delta[r * outputs + j]
      if (d === 0) continue
      biasGradient[j] += d
      const k = j * inputs
      for (let i = 0; i < inputs; i++) weightGradient[k + i] += d * input[from + i]
      if (inputDelta !== undefined) {
        for (let i = 0; i < inputs; i++) inputDelta[from + i] += d * weights[k + i]
      }
    }
    if (inputDelta !== undefined) {
      for (let i = from; i < from + inputs; i++) if (input[i] <= 0) inputDelta[i] = 0
    }
  }
}
