/** A running-moments state, JSON-safe. */
export interface Moments {
  readonly mean: readonly number[]
  readonly variance: readonly number[]
  readonly count: number
}

/**
 * Mean and variance of a stream of vectors, elementwise, in float64 (Chan, Golub and LeVeque 1979, as Gymnasium's
 * wrappers/utils.py: prior mean 0 and variance 1 with weight 1e-4).
 */
export class RunningMoments {
  readonly mean: Float64Array
  readonly variance: Float64Array
  count = 1e-4

  constructor(readonly size: number) {
    this.mean = new Float64Array(size)
    this.variance = new Float64Array(size).fill(1)
  }

  update(value: ArrayLike<number>): void {
    const total = this.count + 1
    for (let i = 0; i < this.size; i++) {
      const delta = value[i] - this.mean[i]
      this.mean[i] += delta / total
      this.variance[i] = (this.variance[i] * this.count + (delta * delta * this.count) / total) / total
    }
    this.count = total
  }

  /** By these moments to mean 0 and variance 1, within ±clip. */
  standardized(value: Float32Array, { clip, epsilon }: { clip: number; epsilon: number }): Float32Array {
    const { mean, variance } = this
    return value.map((x, i) =>
      Math.min(Math.max((x - mean[i]) / Math.sqrt(variance[i] + epsilon), -clip), clip),
    )
  }

  state(): Moments {
    return { mean: [...this.mean], variance: [...this.variance], count: this.count }
  }

  /** @throws RangeError for moments of another size, or that are none */
  restore(state: Moments): void {
    const numbers = (values: unknown) =>
      Array.isArray(values) && values.length === this.size && values.every(Number.isFinite)
    if (!numbers(state.mean) || !numbers(state.variance) || !(state.count > 0))
      throw new RangeError(`moments of ${this.size} numbers are needed`)
    this.mean.set(state.mean)
    this.variance.set(state.variance)
    this.count = state.count
  }
}
