import { failure } from '../../common/error.ts'
import type { Mask } from '../../envs/env.ts'
import type { Batch } from '../replay/replay.ts'

/**
 * From a network's outputs to action values and back. Plain: the outputs are Q. Dueling (Wang et al. 2016, equation
 * 9): the first output is V, the others A, and Q = V + A − mean A.
 */
export class QValues {
  private readonly outputs: number
  private values: Float32Array = new Float32Array(0)

  constructor(
    private readonly actions: number,
    private readonly dueling: boolean,
  ) {
    this.outputs = actions + (dueling ? 1 : 0)
  }

  /** [rows, outputs] → Q [rows, actions], valid until the next call. */
  of(outputs: Float32Array, rows: number): Float32Array {
    if (!this.dueling) return outputs
    const { actions } = this
    if (this.values.length < rows * actions) this.values = new Float32Array(rows * actions)
    for (let r = 0; r < rows; r++) {
      const from = r * this.outputs
      let sum = 0
      for (let a = 1; a <= actions; a++) sum += outputs[from + a]
      const base = outputs[from] - sum / actions
      for (let a = 0; a < actions; a++) this.values[r * actions + a] = base + outputs[from + 1 + a]
    }
    return this.values
  }

  /** From ∂loss/∂Q of the actions chosen, [rows], to ∂loss/∂outputs, [rows, outputs]. */
  gradient(byValue: Float32Array, chosen: ArrayLike<number>): Float32Array {
    const { actions, outputs } = this
    const gradient = new Float32Array(byValue.length * outputs)
    for (let r = 0; r < byValue.length; r++) {
      const from = r * outputs
      if (this.dueling) {
        gradient[from] = byValue[r]
        gradient.fill(-byValue[r] / actions, from + 1, from + outputs)
      }
      gradient[from + (this.dueling ? 1 : 0) + chosen[r]] += byValue[r]
    }
    return gradient
  }
}

/**
 * The allowed action of the highest value in a row of [rows, actions]; the first of equals. The row's mask begins at
 * `maskFrom`.
 * @throws failure when a value is not finite, or nothing is allowed
 */
export function bestAction(
  values: Float32Array,
  row: number,
  actions: number,
  mask: Mask | undefined,
  maskFrom = 0,
): number {
  let best = -1
  for (let a = 0; a < actions; a++) {
    const value = values[row * actions + a]
    if (!Number.isFinite(value)) {
      throw failure(
        'agent.diverged',
        `the Q-network gave ${value}: it has diverged; lower the agent's learning rate`,
      )
    }
    if (mask?.[maskFrom + a] !== 0 && (best < 0 || value > values[row * actions + best])) best = a
  }
  if (best < 0) throw failure('mask.empty', 'the mask allows no action: at least one entry must be 1')
  return best
}

/** The best allowed actions of a batch's next states, [rows]; 0 where what follows doesn't count. */
export function bestActions(
  values: Float32Array,
  actions: number,
  { nextMasks, discounts }: Pick<Batch, 'nextMasks' | 'discounts'>,
): Int32Array {
  const best = new Int32Array(discounts.length)
  for (let k = 0; k < best.length; k++) {
    if (discounts[k] !== 0) best[k] = bestAction(values, k, actions, nextMasks, k * actions)
  }
  return best
}

/**
 * The weighted mean loss of temporal-difference errors δ and its gradient by them, both [rows]: δ² (mse), or
 * Huber's, ½δ² up to 1 and |δ| − ½ beyond.
 */
export function temporalDifferenceLoss(
  errors: Float32Array,
  weights: Float32Array,
  kind: 'mse' | 'huber',
): { readonly loss: number; readonly gradient: Float32Array } {
  const gradient = new Float32Array(errors.length)
  let loss = 0
  for (let k = 0; k < errors.length; k++) {
    const error = errors[k]
    const size = Math.abs(error)
    const scale = weights[k] / errors.length
    const [value, slope] =
      kind === 'mse'
        ? [error * error, 2 * error]
        : size <= 1
          ? [0.5 * error * error, error]
          : [size - 0.5, Math.sign(error)]
    loss += scale * value
    gradient[k] = scale * slope
  }
  return { loss, gradient }
}
