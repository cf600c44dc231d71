import { failure } from '../common/error.ts'
import type { Approximator } from './approximator.ts'
import { makeRoom, type OptimizerRoom } from './kernels/memory.ts'
import { pack, readCount, readPart, unpackInto } from './state.ts'

/** Adam's rate and constants; the rate is read at every step. */
export interface AdamOptions {
  readonly learningRate: number
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
}

/** Adam (Kingma & Ba 2015) over one flat array of parameters, on the kernels; equal to torch.optim.Adam to 1e-6. */
export class Adam {
  private readonly own: OptimizerRoom
  private steps = 0

  /** @param of how many parameters, or whose: those of a network of ours are then moved where they lie */
  constructor(
    of: number | Pick<Approximator, 'parameters' | 'optimizerRoom'>,
    private readonly options: AdamOptions,
  ) {
    this.own = typeof of === 'number' ? makeRoom(of) : (of.optimizerRoom ?? makeRoom(of.parameters.length))
    for (const moment of [this.own.mean, this.own.variance]) moment.fill(0)
  }

  /** Moves the parameters one step down the gradient, in place. */
  step(parameters: Float32Array, gradient: Float32Array): void {
    this.read(gradient)
    this.move(parameters, 1)
  }

  /** Reads a gradient in, for the next `move`; returns its Σ g². */
  read(gradient: Float32Array): number {
    const { own } = this
    if (gradient.length === 0) return 0
    own.gradient.set(gradient)
    return own.kernels.sumSquares(own.gradient.byteOffset, gradient.length)
  }

  /** Moves the parameters one step down `scale` times the gradient that was read last, in place. */
  move(parameters: Float32Array, scale: number): void {
    const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = this.options
    this.steps++
    if (parameters.length === 0) return
    const rate = learningRate / (1 - beta1 ** this.steps)
    const correction = 1 / Math.sqrt(1 - beta2 ** this.steps)
    const { own } = this
    const isThere = parameters === own.parameters
    if (!isThere) own.parameters.set(parameters)
    const [p, g] = [own.parameters.byteOffset, own.gradient.byteOffset]
    const [m, v] = [own.mean.byteOffset, own.variance.byteOffset]
    own.kernels.adam(p, g, m, v, parameters.length, scale, rate, correction, beta1, beta2, epsilon)
    if (!isThere) parameters.set(own.parameters)
  }

  /** JSON-safe. */
  state(): Readonly<Record<string, unknown>> {
    return { steps: this.steps, mean: pack(this.own.mean), variance: pack(this.own.variance) }
  }

  /** @throws input error when the state is of another number of parameters */
  restore(state: unknown): void {
    const { steps, mean, variance } = readPart(state, 'optimizer')
    unpackInto(this.own.mean, mean, 'optimizer mean')
    unpackInto(this.own.variance, variance, 'optimizer variance')
    this.steps = readCount(steps, 'optimizer steps')
  }
}

/** Parameters, their gradient, and who moves them. */
export interface Part {
  readonly parameters: Float32Array
  readonly gradient: Float32Array
  readonly optimizer: Adam
}

/**
 * One step of all parts, the gradient's norm bounded over them together; returns the norm that it had.
 * @throws failure when it is not finite
 */
export function stepTogether(parts: readonly Part[], maximum: number): number {
  const norm = Math.sqrt(parts.reduce((sum, { optimizer, gradient }) => sum + optimizer.read(gradient), 0))
  if (!Number.isFinite(norm)) {
    throw failure(
      'agent.diverged',
      'a gradient of the agent is not finite: rewards or observations are not, or the agent has diverged (lower its learning rate)',
    )
  }
  const scale = norm > maximum ? maximum / norm : 1
  for (const { optimizer, parameters } of parts) optimizer.move(parameters, scale)
  return norm
}

/** Scales the gradient in place so that its norm is at most `maximum`; returns the norm that it had. */
export function clipNorm(gradient: Float32Array, maximum: number): number {
  let sum = 0
  for (const g of gradient) sum += g * g
  const norm = Math.sqrt(sum)
  if (norm > maximum) for (let i = 0; i < gradient.length; i++) gradient[i] *= maximum / norm
  return norm
}
