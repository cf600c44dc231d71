import { pack, readCount, readPart, unpackInto } from './state.ts'

/** Adam's rate and constants; the rate is read at every step. */
export interface AdamOptions {
  readonly learningRate: number
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
}

/** Adam (Kingma & Ba 2015) over one flat array of parameters; equal to torch.optim.Adam to 1e-6. */
export class Adam {
  private readonly mean: Float32Array
  private readonly variance: Float32Array
  private steps = 0

  constructor(
    size: number,
    private readonly options: AdamOptions,
  ) {
    this.mean = new Float32Array(size)
    this.variance = new Float32Array(size)
  }

  /** Moves the parameters one step down the gradient, in place. */
  step(parameters: Float32Array, gradient: Float32Array): void {
    const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = this.options
    const { mean, variance } = this
    this.steps++
    const rate = learningRate / (1 - beta1 ** this.steps)
    const scale = 1 / Math.sqrt(1 - beta2 ** this.steps)
    for (let i = 0; i < parameters.length; i++) {
      const g = gradient[i]
      mean[i] += (1 - beta1) * (g - mean[i])
      variance[i] = beta2 * variance[i] + (1 - beta2) * g * g
      parameters[i] -= (rate * mean[i]) / (Math.sqrt(variance[i]) * scale + epsilon)
    }
  }

  /** JSON-safe. */
  state(): Readonly<Record<string, unknown>> {
    return { steps: this.steps, mean: pack(this.mean), variance: pack(this.variance) }
  }

  /** @throws input error when the state is of another number of parameters */
  restore(state: unknown): void {
    const { steps, mean, variance } = readPart(state, 'optimizer')
    unpackInto(this.mean, mean, 'optimizer mean')
    unpackInto(this.variance, variance, 'optimizer variance')
    this.steps = readCount(steps, 'optimizer steps')
  }
}

/** Scales the gradient in place so that its norm is at most `maximum`; returns the norm that it had. */
export function clipNorm(gradient: Float32Array, maximum: number): number {
  let sum = 0
  for (const g of gradient) sum += g * g
  const norm = Math.sqrt(sum)
  if (norm > maximum) for (let i = 0; i < gradient.length; i++) gradient[i] *= maximum / norm
  return norm
}
