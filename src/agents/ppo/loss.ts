import type { Distribution } from '../distributions/distribution.ts'
import { gatherRows } from '../flatten.ts'
import type { PpoSettings } from './config.ts'
import { type Figures, standardize } from './figures.ts'
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
  const { logProbabilities: before, values: valuesBefore, returns } = rollout
  const rows = batch.length
  const actions = gatherRows(rollout.actions, distribution.actionSize, batch)
  const masks = rollout.masks && batch.map(t => rollout.masks?.[t])
  const now = distribution.evaluate({ rows, outputs, actions, masks })
  const advantages = new Float64Array(rows)
  for (let k = 0; k < rows; k++) advantages[k] = rollout.advantages[batch[k]]
  if (normalizeAdvantages) standardize(advantages)
  const byLogProbabilities = new Float64Array(rows)
  const byValues = new Float32Array(rows)
  let [policyLoss, valueLoss, entropy, approximateKl, clipFraction] = [0, 0, 0, 0, 0]
  for (let k = 0; k < rows; k++) {
    const t = batch[k]
    const logRatio = now.logProbabilities[k] - before[t]
    const ratio = Math.exp(logRatio)
    const surrogate = ratio * advantages[k]
    const clipped = Math.min(Math.max(ratio, 1 - clip), 1 + clip) * advantages[k]
    // Where the clipped objective is the smaller, it doesn't move with the policy.
    byLogProbabilities[k] = surrogate <= clipped ? -surrogate / rows : 0

    const error = values[k] - returns[t]
    const moved = values[k] - valuesBefore[t]
    const held = valuesBefore[t] + Math.min(Math.max(moved, -clip), clip) - returns[t]
    const counts = !clipValueLoss || error * error >= held * held
    byValues[k] = counts ? (valueCoefficient * error) / rows : 0

    policyLoss -= Math.min(surrogate, clipped) / rows
    valueLoss += (0.5 * (counts ? error * error : held * held)) / rows
    entropy += now.entropies[k] / rows
    // http://joschu.net/blog/kl-approx.html: unbiased, never negative.
    approximateKl += (ratio - 1 - logRatio) / rows
    clipFraction += Math.abs(ratio - 1) > clip ? 1 / rows : 0
  }
  const figures = { policyLoss, valueLoss, entropy, approximateKl, clipFraction, gradientNorm: 0 }
  const byOutputs = distribution.differentiate(byLogProbabilities, -entropyCoefficient / rows)
  return { figures, byOutputs, byValues }
}
