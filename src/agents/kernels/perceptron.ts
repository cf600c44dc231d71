import { BYTES, LANES, type Program } from './kernels.ts'
import { type Call, programOf } from './program.ts'

/** A layer of a perceptron in its memory. */
export interface Layer {
  readonly inputs: number
  readonly outputs: number
  /** Where W [outputs, inputs] and b [outputs] begin in the parameters. */
  readonly weights: number
  readonly biases: number
  /** Address: Wᵀ [inputs, outputs] */
  transposed: number
  /** Address: (∂W)ᵀ [inputs, outputs], where the inputs are `few` */
  gradientTransposed: number
  /** Addresses: [rows, inputs] of the last forward; [rows, outputs], activated but in the last layer. */
  input: number
  output: number
  /** Address: ∂loss/∂(the layer's output before its activation), [rows, outputs] */
  delta: number
}

interface Places {
  /** Addresses: of the parameters, and of ∂loss/∂parameters. */
  readonly start: number
  readonly gradient: number
  readonly layers: readonly Layer[]
  readonly activation: 'tanh' | 'relu'
}

/** A perceptron's work on so many rows. */
export interface Programs {
  readonly forward: Program
  /** The same where Wᵀ is there already. */
  readonly again: Program
  readonly backward: Program
  /** Deltas alone, down to the first layer's. */
  readonly through: Program
}

export function perceptronPrograms(places: Places, rows: number): Programs {
  const { start, layers } = places
  const transposed = layers.map(({ inputs, outputs, weights, transposed: to }): Call => {
    return ['transpose', start + BYTES * weights, to, outputs, inputs]
  })
  const again = layers.flatMap((_, l) => upwards(places, l, rows))
  const down = layers.map((_, l) => l).reverse()
  const backward = down.flatMap(l => [...gradients(places, l, rows), ...downwards(places, l, rows)])
  return {
    forward: programOf([...transposed, ...again]),
    again: programOf(again),
    backward: programOf(backward),
    through: programOf(down.flatMap(l => downwards(places, l, rows))),
  }
}

/** output = activation(bias + input Wᵀ) */
function upwards({ start, layers, activation }: Places, l: number, rows: number): readonly Call[] {
  const { inputs, outputs, biases, input, output, transposed } = layers[l]
  const bias = start + BYTES * biases
  const product: Call = ['multiply', input, inputs, 1, transposed, bias, output, rows, inputs, outputs]
  return l === layers.length - 1 ? [product] : [product, [activation, output, rows * outputs]]
}

/** Whether a row of ∂W fills no vector: its transpose is then faster, and sums the same terms in the same order. */
export function hasFewInputs({ inputs, outputs }: Pick<Layer, 'inputs' | 'outputs'>): boolean {
  return inputs < LANES && inputs < outputs
}

/** ∂W = deltaᵀ input, ∂b = Σ delta */
function gradients({ gradient, layers }: Places, l: number, rows: number): readonly Call[] {
  const { inputs, outputs, weights, biases, input, delta, gradientTransposed } = layers[l]
  const to = gradient + BYTES * weights
  const products: readonly Call[] = hasFewInputs(layers[l])
    ? [
        ['multiply', input, 1, inputs, delta, 0, gradientTransposed, inputs, rows, outputs],
        ['transpose', gradientTransposed, to, inputs, outputs],
      ]
    : [['multiply', delta, 1, outputs, input, 0, to, outputs, rows, inputs]]
  return [...products, ['columnSums', delta, gradient + BYTES * biases, rows, outputs]]
}

/** From a layer's delta to that below: ∂input = delta W, times the activation's derivative. */
function downwards({ start, layers, activation }: Places, l: number, rows: number): readonly Call[] {
  if (l === 0) return []
  const { inputs, outputs, weights, input, delta } = layers[l]
  const below = layers[l - 1].delta
  return [
    ['multiply', delta, outputs, 1, start + BYTES * weights, 0, below, rows, outputs, inputs],
    [`${activation}Gradient`, below, input, rows * inputs],
  ]
}
