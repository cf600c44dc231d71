import type { Distribution } from '../distributions/distribution.ts'
import { gatherRows } from '../flatten.ts'
import { type Allotted, allotted } from '../kernels/memory.ts'
import type { PpoSettings } from './config.ts'
import type { Figures } from './figures.ts'
import type { Rollout } from './rollout.ts'

/** What the networks say of a minibatch, and how its policy is to be read. */
export interface Minibatch {
  /** Transitions of the rollout. */
  readonly rows: ArrayLike<number>
  /** Of the policy network, [rows, outputs]. */
  readonly outputs: Float32Array
  /** Of the value network, [rows]. */
  readonly values: ArrayLike<number>
  readonly distribution: Distribution
}

/** Valid until the next one. */
export interface Loss {
  readonly figures: Figures
  /** ∂loss/∂outputs and ∂loss/∂values; that by the distribution's own parameters is in its `gradient`. */
  readonly byOutputs: Float32Array
  readonly byValues: Float32Array
}

/** [rows] each: what was, what is, and what the kernels make of it. */
const COLUMNS = [
  ...(['before', 'now', 'advantages', 'objective', 'byNow', 'divergence', 'outside', 'entropies'] as const),
  ...(['values', 'valuesBefore', 'returns', 'squares', 'byValues'] as const),
]
type Column = (typeof COLUMNS)[number]

/**
 * The mean of −min(r·A, clip(r, 1 − ε, 1 + ε)·A) − c_H·H + c_V·½(V − R)², r = π(a|s)/π_old(a|s), and its gradient: by the
 * kernels `clippedObjective` and `valueLoss` over whole minibatches, in float32.
 */
export class ClippedLoss {
  private room = 0
  private own = this.roomFor(1)

  of(
    rollout: Pick<Rollout, 'actions' | 'masks' | 'logProbabilities' | 'values' | 'advantages' | 'returns'>,
    { rows: batch, outputs, values, distribution }: Minibatch,
    settings: PpoSettings,
  ): Loss {
    const { clip, entropyCoefficient, valueCoefficient, normalizeAdvantages, clipValueLoss } = settings
    const rows = batch.length
    const own = this.roomFor(rows)
    const { kernels, at } = own
    for (let k = 0; k < rows; k++) {
      const t = batch[k]
      own.before[k] = rollout.logProbabilities[t]
      own.advantages[k] = rollout.advantages[t]
      own.valuesBefore[k] = rollout.values[t]
      own.returns[k] = rollout.returns[t]
    }
    const actions = gatherRows(rollout.actions, distribution.actionSize, batch)
    const masks = rollout.masks && Array.from(batch, t => rollout.masks?.[t])
    const policy = distribution.evaluate({ rows, outputs, actions, masks })
    own.now.set(policy.logProbabilities)
    own.entropies.set(policy.entropies)
    own.values.set(values)
    const mean = (column: Column) => kernels.sum(at[column], rows) / rows

    if (normalizeAdvantages && rows > 1) kernels.standardize(at.advantages, rows)
    // Where the clipped objective is the smaller, it doesn't move with the policy: `byNow` is 0 there.
    kernels.clippedObjective(
      ...([
        at.now,
        at.before,
        at.advantages,
        at.objective,
        at.byNow,
        at.divergence,
        at.outside,
        rows,
        clip,
      ] as const),
    )
    const valueClip = clipValueLoss ? clip : Infinity
    kernels.valueLoss(at.values, at.valuesBefore, at.returns, at.squares, at.byValues, rows, valueClip)
    const figures = {
      policyLoss: -mean('objective'),
      valueLoss: mean('squares'),
      entropy: mean('entropies'),
      // http://joschu.net/blog/kl-approx.html: unbiased, never negative but for rounding.
      approximateKl: mean('divergence'),
      clipFraction: mean('outside'),
      gradientNorm: 0,
    }
    kernels.scale(at.byNow, rows, -1 / rows)
    kernels.scale(at.byValues, rows, valueCoefficient / rows)
    const byOutputs = distribution.differentiate(own.byNow.subarray(0, rows), -entropyCoefficient / rows)
    return { figures, byOutputs, byValues: own.byValues.subarray(0, rows) }
  }

  private roomFor(rows: number): Allotted<Column> {
    if (rows <= this.room) return this.own
    this.room = Math.max(rows, 2 * this.room)
    this.own = allotted(Object.fromEntries(COLUMNS.map(name => [name, this.room])) as Record<Column, number>)
    return this.own
  }
}
