import type { Distribution } from '../distributions/distribution.ts'
import type { PpoSettings } from './config.ts'
import { type Figures, noFigures, standardize } from './figures.ts'
import type { Rollout } from './rollout.ts'

/** What the networks say of a minibatch, and how its policy is to be read. */
export interface Minibatch {
  /** Transitions of the rollout. */
  readonly rows: readonly number[]
  /** Of the policy network, [rows, outputs]. */
  readonly outputs: Float32Array
  /** Of the value network, [rows]. */
  readonly values: ArrayLike<number>
  readonly distribution: Distribution
}

export interface Loss {
  readonly figures: Figures
  /** ∂loss/∂outputs and ∂loss/∂values; that by the distribution's own parameters is in its `gradient`. */
  readonly byOutputs: Float32Array
  readonly byValues: Float32Array
}

/**
 * The mean of −min(r·A, clip(r, 1 − ε, 1 + ε)·A) − c_H·H + c_V·½(V − R)², r = π(a|s)/π_old(a|s), and its gradient.
 */
export function clippedLoss(
  rollout: Pick<Rollout, 'actions' | 'masks' | 'logProbabilities' | 'values' | 'advantages' | 'returns'>,
  { rows: batch, outputs, values, distribution }: Minibatch,
  settings: PpoSettings,
): Loss {
  const { clip, entropyCoefficient, valueCoefficient, normalizeAdvantages, clipValueLoss } = settings
  const { outputs: width, actionSize } = distribution
  const rows = batch.length
  const byOutputs = new Float32Array(outputs.length)
  const byValues = new Float32Array(rows)
  const advantages = Float64Array.from(batch, t => rollout.advantages[t])
  if (normalizeAdvantages) standardize(advantages)
  distribution.gradient.fill(0)
  const figures = noFigures()

  batch.forEach((t, k) => {
    const action = rollout.actions.subarray(t * actionSize, (t + 1) * actionSize)
    const own = outputs.subarray(k * width, (k + 1) * width)
    const now = distribution.evaluate(own, action, rollout.masks[t])
    const logRatio = now.logProbability - rollout.logProbabilities[t]
    const ratio = Math.exp(logRatio)
    const advantage = advantages[k]
    const surrogate = ratio * advantage
    const clipped = Math.min(Math.max(ratio, 1 - clip), 1 + clip) * advantage
    // Where the clipped objective is the smaller, it doesn't move with the policy.
    const byLogProbability = surrogate <= clipped ? -surrogate : 0
    const factors = { logProbability: byLogProbability / rows, entropy: -entropyCoefficient / rows }
    distribution.addGradient(factors, byOutputs.subarray(k * width, (k + 1) * width))

    const error = values[k] - rollout.returns[t]
    const moved = values[k] - rollout.values[t]
    const held = rollout.values[t] + Math.min(Math.max(moved, -clip), clip) - rollout.returns[t]
    const counts = !clipValueLoss || error * error >= held * held
    byValues[k] = counts ? (valueCoefficient * error) / rows : 0

    figures.policyLoss -= Math.min(surrogate, clipped) / rows
    figures.valueLoss += (0.5 * (counts ? error * error : held * held)) / rows
    figures.entropy += now.entropy / rows
    // http://joschu.net/blog/kl-approx.html: unbiased, never negative.
    figures.approximateKl += (ratio - 1 - logRatio) / rows
    figures.clipFraction += Math.abs(ratio - 1) > clip ? 1 / rows : 0
  })
  return { figures, byOutputs, byValues }
}
