import { failure } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { ActedRows, Chosen, Distribution, Evaluated, PolicyRows } from './distribution.ts'

const LOG_SQRT_2_PI = 0.5 * Math.log(2 * Math.PI)

/**
 * Independent normal distributions whose means are the network's outputs; log σ is learned beside it, the same in
 * every state (cleanrl/ppo_continuous_action.py). Actions are clipped to the space's bounds, and their likelihood is
 * that of the clipped distribution: inside, the density; on a bound, the probability of all beyond it (Fujita & Maeda
 * 2018, clipped action policy gradient). So the action that was executed is all that learning needs; without bounds
 * it is the plain normal. The entropy is that of the unclipped one.
 */
export class GaussianDistribution implements Distribution {
  readonly outputs: number
  readonly actionSize: number
  /** log σ, [d] */
  readonly parameters: Float32Array
  readonly gradient: Float32Array
  /** Of the rows evaluated last, [rows, d]. */
  private byMean = new Float64Array(0)
  private byLogStd = new Float64Array(0)
  private rows = 0

  constructor(
    private readonly low: Float32Array,
    private readonly high: Float32Array,
    initialLogStd: number,
  ) {
    this.outputs = low.length
    this.actionSize = low.length
    this.parameters = new Float32Array(low.length).fill(initialLogStd)
    this.gradient = new Float32Array(low.length)
  }

  choose({ rows, outputs: means }: PolicyRows, rng: Rng | undefined): Chosen {
    const d = this.outputs
    const actions = new Float32Array(rows * d)
    for (let k = 0; k < rows * d; k++) {
      const x = rng === undefined ? means[k] : means[k] + Math.exp(this.parameters[k % d]) * rng.normal()
      actions[k] = Math.min(Math.max(x, this.low[k % d]), this.high[k % d])
    }
    const { logProbabilities } = this.evaluate({ rows, outputs: means, actions })
    return { actions, logProbabilities }
  }

  decode(actions: Float32Array, row: number): Float32Array {
    return actions.slice(row * this.outputs, (row + 1) * this.outputs)
  }

  encode(action: unknown): ArrayLike<number> {
    return action as Float32Array
  }

  evaluate({ rows, outputs: means, actions }: Omit<ActedRows, 'masks'>): Evaluated {
    const d = this.outputs
    if (this.byMean.length < rows * d) {
      this.byMean = new Float64Array(rows * d)
      this.byLogStd = new Float64Array(rows * d)
    }
    this.rows = rows
    const logProbabilities = new Float32Array(rows)
    for (let row = 0; row < rows; row++) {
      let sum = 0
      for (let i = 0, k = row * d; i < d; i++, k++) sum += this.evaluateOne(k, i, actions[k], means[k])
      logProbabilities[row] = sum
    }
    const entropy = this.parameters.reduce((sum, logStd) => sum + 0.5 + LOG_SQRT_2_PI + logStd, 0)
    return { logProbabilities, entropies: new Float32Array(rows).fill(entropy) }
  }

  /** log p of one number of an action; its slopes go to place k. */
  private evaluateOne(k: number, i: number, action: number, mean: number): number {
    const logStd = this.parameters[i]
    const std = Math.exp(logStd)
    const z = (action - mean) / std
    if (!Number.isFinite(z)) {
      throw failure(
        'agent.diverged',
        `the policy network gave ${mean}: it has diverged; lower the agent's learning rate`,
      )
    }
    // On a bound, side is the direction in which it cuts off: the action stands for all beyond.
    const side = action <= this.low[i] ? 1 : action >= this.high[i] ? -1 : 0
    const logp = side === 0 ? -0.5 * z * z - LOG_SQRT_2_PI - logStd : logNormalCdf(side * z)
    // ∂log p/∂z; z falls with the mean by 1/σ, and with log σ by z.
    const slope = side === 0 ? -z : side * Math.exp(-0.5 * z * z - LOG_SQRT_2_PI - logp)
    this.byMean[k] = -slope / std
    this.byLogStd[k] = -slope * z - (side === 0 ? 1 : 0)
    return logp
  }

  differentiate(byLogProbability: ArrayLike<number>, byEntropy: number): Float32Array {
    const d = this.outputs
    const out = new Float32Array(this.rows * d)
    this.gradient.fill(this.rows * byEntropy)
    for (let k = 0; k < out.length; k++) {
      const factor = byLogProbability[Math.floor(k / d)]
      out[k] = factor * this.byMean[k]
      this.gradient[k % d] += factor * this.byLogStd[k]
    }
    return out
  }
}

/** log Φ(x), with a relative error of Φ below 2e-7 everywhere, far tails included. */
export function logNormalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2
  const logTail = logErfc(z) - Math.LN2
  return x <= 0 ? logTail : Math.log1p(-Math.exp(logTail))
}

/** log erfc(z), z ≥ 0: Chebyshev fit of Numerical Recipes (Press et al. 1992, section 6.2, `erfcc`). */
function logErfc(z: number): number {
  const t = 1 / (1 + 0.5 * z)
  let polynomial = 0
  for (const coefficient of ERFC_COEFFICIENTS) polynomial = polynomial * t + coefficient
  return Math.log(t) - z * z + polynomial
}

/** From the highest power down. */
const ERFC_COEFFICIENTS = [
  0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196,
  1.00002368, -1.26551223,
]
