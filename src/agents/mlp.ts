import { inputError } from '../common/error.ts'
import type { Rng } from '../common/random.ts'
import type { Approximator } from './approximator.ts'
import { BYTES, type KernelMemory, Layout, type Work } from './kernels/kernels.ts'
import { kernelMemory, makeRoom, type OptimizerRoom, runBoth } from './kernels/memory.ts'
import { hasFewInputs, type Layer, type Programs, perceptronPrograms } from './kernels/perceptron.ts'
import { orthogonal } from './orthogonal.ts'

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
  /** What its parameters are kept in, where they are a part of something: `parametersOf` these options. */
  readonly parameters?: Float32Array
  /** Gain of the last layer's orthogonal weights: small for a policy (nearly uniform at first), 1 for values. */
  readonly outputGain?: number
}

/**
 * A multi-layer perceptron on the kernels, by default with tanh between its layers and orthogonal weights.
 *
 * `parameters` holds W [out, in] row-major and then b [out], layer by layer: the order of PyTorch's `parameters()`.
 * What `forward` and `backward` return stays valid until their next call, which writes over it.
 */
export class Mlp implements Approximator {
  readonly inputs: number
  readonly outputs: number
  readonly parameters: Float32Array
  /** Where an optimizer moves them. */
  readonly optimizerRoom?: OptimizerRoom | undefined
  private readonly layers: readonly Layer[]
  private readonly activation: 'tanh' | 'relu'
  private memory: KernelMemory | undefined
  /** Views of the memory. */
  private copy = new Float32Array(0)
  /** The bytes of `parameters`, and of the copy once it is one. */
  private readonly given: Buffer
  private laidOut = bytesOf(this.copy)
  private isLaidOut = false
  /** By rows: an agent acts on a few, and learns from many. */
  private readonly programs = new Map<number, Programs>()
  /** Of the last backward, as long as `parameters`. */
  gradient = new Float32Array(0)
  private input = new Float32Array(0)
  private output = new Float32Array(0)
  private outputGradient = new Float32Array(0)
  private inputDelta = new Float32Array(0)
  /** Where the copy begins. */
  private start = 0
  private capacity = 8
  private rows = 0

  constructor(options: MlpOptions) {
    const { inputs, outputs, hidden = [64, 64], rng, outputGain = 1, initial = 'orthogonal' } = options
    parametersOf(options)
    this.activation = options.activation ?? 'tanh'
    this.inputs = inputs
    this.outputs = outputs
    const sizes = [inputs, ...hidden, outputs]
    let at = 0
    this.layers = hidden.concat(outputs).map((size, l) => {
      const layer = { inputs: sizes[l], outputs: size, weights: at, biases: at + sizes[l] * size }
      at = layer.biases + size
      return { ...layer, transposed: 0, gradientTransposed: 0, input: 0, output: 0, delta: 0 }
    })
    if (options.parameters === undefined) {
      this.optimizerRoom = makeRoom(at)
      this.parameters = this.optimizerRoom.parameters
    } else this.parameters = options.parameters
    this.given = bytesOf(this.parameters)
    for (const [l, layer] of this.layers.entries()) {
      const gain = l < hidden.length ? Math.SQRT2 : outputGain
      if (initial === 'uniform') uniform(this.parameters, layer, rng)
      else this.parameters.set(orthogonal(layer.outputs, layer.inputs, gain, rng), layer.weights)
    }
  }

  forward(batch: Float32Array, rows: number): Float32Array {
    const { memory, program } = this.forwardWork(batch, rows)
    memory.run(program)
    return this.outputRows()
  }

  backward(outputGradient: Float32Array): Float32Array {
    const { memory, program } = this.backwardWork(outputGradient)
    memory.run(program)
    return this.gradient
  }

  /** What `forward` does, to be done by whoever runs it; then `outputRows` has what it answers. */
  forwardWork(batch: Float32Array, rows: number): Work {
    const memory = this.roomFor(rows)
    this.rows = rows
    const { forward, again } = this.programsFor(rows)
    this.input.set(batch.length === rows * this.inputs ? batch : batch.subarray(0, rows * this.inputs))
    // Parameters that are laid out already stay, as while an agent acts.
    if (this.isLaidOut && this.given.equals(this.laidOut)) return { memory, program: again }
    this.copy.set(this.parameters)
    this.isLaidOut = true
    return { memory, program: forward }
  }

  /** [rows, outputs] of the last forward. */
  outputRows(): Float32Array {
    return this.output.subarray(0, this.rows * this.outputs)
  }

  /** What `backward` does, likewise: into `gradient`. */
  backwardWork(outputGradient: Float32Array): Work {
    const memory = this.roomFor(this.rows)
    this.outputGradient.set(outputGradient)
    return { memory, program: this.programsFor(this.rows).backward }
  }

  /** `inputGradient` of the last `forward`, where the parameters' gradient isn't wanted. */
  backwardToInput(outputGradient: Float32Array): Float32Array {
    const { memory } = this.backwardWork(outputGradient)
    memory.run(this.programsFor(this.rows).through)
    return this.inputGradient()
  }

  /** After `backward`: ∂loss/∂(the batch of the last forward), [rows, inputs]. */
  inputGradient(): Float32Array {
    this.multiplyByWeights(this.layers[0], this.inputDelta.byteOffset)
    return this.inputDelta.subarray(0, this.rows * this.inputs)
  }

  /** ∂input = delta W */
  private multiplyByWeights({ inputs, outputs, weights, delta }: Layer, to: number): void {
    const { kernels } = this.roomFor(this.rows)
    kernels.multiply(delta, outputs, 1, this.start + BYTES * weights, 0, to, this.rows, outputs, inputs)
  }

  private programsFor(rows: number): Programs {
    const known = this.programs.get(rows)
    if (known !== undefined) return known
    const { start, layers, activation, gradient, programs } = this
    if (programs.size === MOST_PROGRAMS) programs.clear()
    const made = perceptronPrograms({ start, gradient: gradient.byteOffset, layers, activation }, rows)
    programs.set(rows, made)
    return made
  }

  /** Parameters, their gradient, and the layers' rows, one after the other in a memory that is large enough. */
  private roomFor(rows: number): KernelMemory {
    if (this.memory !== undefined && rows <= this.capacity) return this.memory
    const capacity = Math.max(rows, 2 * this.capacity)
    const layout = new Layout()
    this.start = layout.reserve(this.parameters.length)
    const gradient = layout.reserve(this.parameters.length)
    const inputDelta = layout.reserve(capacity * this.inputs)
    let input = layout.reserve(capacity * this.inputs)
    for (const layer of this.layers) {
      layer.transposed = layout.reserve(layer.inputs * layer.outputs)
      if (hasFewInputs(layer)) layer.gradientTransposed = layout.reserve(layer.inputs * layer.outputs)
      layer.input = input
      layer.output = layout.reserve(capacity * layer.outputs)
      layer.delta = layout.reserve(capacity * layer.outputs)
      input = layer.output
    }
    const memory = kernelMemory(layout.bytes)
    const view = (from: number, floats: number) => new Float32Array(memory.buffer, from, floats)
    const [first, last] = [this.layers[0], this.layers[this.layers.length - 1]]
    this.copy = view(this.start, this.parameters.length)
    this.laidOut = bytesOf(this.copy)
    this.isLaidOut = false
    this.programs.clear()
    this.gradient = view(gradient, this.parameters.length)
    this.input = view(first.input, capacity * this.inputs)
    this.inputDelta = view(inputDelta, capacity * this.inputs)
    this.output = view(last.output, capacity * this.outputs)
    this.outputGradient = view(last.delta, capacity * this.outputs)
    this.capacity = capacity
    this.memory = memory
    return memory
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** A perceptron as CleanRL's dqn.py makes it: ReLU, weights and biases as torch.nn.Linear starts them. */
export const LIKE_TORCH = { activation: 'relu', initial: 'uniform' } as const

/** A network, and the batch that it sees or the gradient by its outputs. */
type Seen = readonly [Approximator, Float32Array]

/** Outputs of two networks, so many rows each, [rows, outputs]; at once where this process has two cores. */
export function forwardBoth(
  [first, firstBatch]: Seen,
  [second, secondBatch]: Seen,
  rows: number,
): readonly [Float32Array, Float32Array] {
  if (!(first instanceof Mlp && second instanceof Mlp) || first === second)
    return [first.forward(firstBatch, rows), second.forward(secondBatch, rows)]
  runBoth(first.forwardWork(firstBatch, rows), second.forwardWork(secondBatch, rows))
  return [first.outputRows(), second.outputRows()]
}

/** ∂loss/∂parameters of two networks by ∂loss/∂outputs of their last forward, likewise. */
export function backwardBoth(
  [first, byFirst]: Seen,
  [second, bySecond]: Seen,
): readonly [Float32Array, Float32Array] {
  if (!(first instanceof Mlp && second instanceof Mlp) || first === second)
    return [first.backward(byFirst), second.backward(bySecond)]
  runBoth(first.backwardWork(byFirst), second.backwardWork(bySecond))
  return [first.gradient, second.gradient]
}

/** How agents make perceptrons where their context doesn't say. */
export const simd = (options: MlpOptions): Approximator => new Mlp(options)

const MOST_PROGRAMS = 16

/** With gradient and Adam's moments 300 MB. */
const MOST_PARAMETERS = 2 ** 24
/** Products that making weights orthogonal takes: half a minute. */
const MOST_PRODUCTS = 2 ** 33

/**
 * How many parameters a perceptron has.
 * @throws input error, before memory is asked for, that says which sizes are too large
 */
export function parametersOf({ inputs, outputs, hidden = [64, 64], initial }: MlpOptions): number {
  const sizes = [inputs, ...hidden, outputs]
  let parameters = 0
  let products = 0
  for (const [l, size] of sizes.slice(1).entries()) {
    parameters += (sizes[l] + 1) * size
    if (initial !== 'uniform') products += sizes[l] * size * Math.min(sizes[l], size)
  }
  if (parameters <= MOST_PARAMETERS && products < MOST_PRODUCTS) return parameters
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
