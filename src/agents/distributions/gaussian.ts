import { failure } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Mask } from '../../envs/env.ts'
import type { Decision } from '../agent.ts'
import type { Distribution, Evaluated } from './distribution.ts'

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
  /** Of the row evaluated last, [d]. */
  private readonly byMean: Float64Array
  private readonly byLogStd: Float64Array

  constructor(
    private readonly low: Float32Array,
    private readonly high: Float32Array,
    initialLogStd: number,
  ) {
    this.outputs = low.length
    this.actionSize = low.length
    this.parameters = new Float32Array(low.length).fill(initialLogStd)
    this.gradient = new Float32Array(low.length)
    this.byMean = new Float64Array(low.length)
    this.byLogStd = new Float64Array(low.length)
  }

  choose(means: Float32Array, mask: Mask | undefined, rng: Rng | undefined): Decision<unknown> {
    const action = means.map((mean, i) => {
      const x = rng === undefined ? mean : mean + Math.exp(this.parameters[i]) * rng.normal()
      return Math.min(Math.max(x, this.low[i]), this.high[i])
    })
    return { action, logProbability: this.evaluate(means, action, mask).logProbability }
  }

  encode(action: unknown): ArrayLike<number> {
    return action as Float32Array
  }

  evaluate(means: Float32Array, action: Float32Array, _mask: Mask | undefined): Evaluated {
    let [logProbability, entropy] = [0, 0]
    for (let i = 0; i < means.length; i++) {
      const logStd = this.parameters[i]
      const std = Math.exp(logStd)
      const z = (action[i] - means[i]) / std
      if (!Number.isFinite(z)) {
        throw failure(
          'agent.diverged',
          `the policy network gave ${means[i]}: it has diverged; lower the agent's learning rate`,
        )
      }
      // On a bound, side is the direction in which it cuts off: the action stands for all beyond.
      const side = action[i] <= this.low[i] ? 1 : action[i] >= this.high[i] ? -1 : 0
      const logp = side === 0 ? -0.5 * z * z - LOG_SQRT_2_PI - logStd : logNormalCdf(side * z)
      // ∂log p/∂z; z falls with the mean by 1/σ, and with log σ by z.
      const slope = side === 0 ? -z : side * Math.exp(-0.5 * z * z - LOG_SQRT_2_PI - logp)
      this.byMean[i] = -slope / std
      this.byLogStd[i] = -slope * z - (side === 0 ? 1 : 0)
      logProbability += logp
      entropy += 0.5 + LOG_SQRT_2_PI + logStd
    }
    return { logProbability, entropy }
  }

  addGradient(factors: Evaluated, out: Float32Array): void {
    for (let i = 0; i < out.length; i++) {
      out[i] = factors.logProbability * this.byMean[i]
      this.gradient[i] += factors.logProbability * this.byLogStd[i] + factors.entropy
    }
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
