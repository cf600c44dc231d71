import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Mask } from '../../envs/env.ts'
import type { Decision } from '../agent.ts'
import type { Distribution, Evaluated, PolicyRows } from './distribution.ts'
import { greedyAction, logSoftmaxInto, type Stretch, sampleAction } from './softmax.ts'

/**
 * Independent choices, the i-th among sizes[i]: one for Discrete, several for MultiDiscrete. The outputs are their
 * logits one after the other, and so are their masks; what a mask hides has probability 0 and gradient 0 (Huang &
 * Ontañón 2022).
 */
export class CategoricalDistribution implements Distribution {
  readonly outputs: number
  readonly actionSize: number
  readonly parameters = new Float32Array(0)
  readonly gradient = new Float32Array(0)
  /** Where each choice's logits are in a row. */
  private readonly choices: readonly Stretch[]
  /** Of the rows evaluated last, [rows, outputs]. */
  private logp = new Float64Array(0)
  /** Their exponentials, of `evaluate` alone. */
  private probabilities = new Float64Array(0)
  /** Of each of their choices, [rows, choices]. */
  private entropies = new Float64Array(0)
  private evaluated: Pick<PolicyRows, 'rows' | 'actions'> = { rows: 0, actions: new Float32Array(0) }

  constructor(
    sizes: readonly number[],
    private readonly toAction: (choices: readonly number[]) => unknown,
  ) {
    let from = 0
    this.choices = sizes.map(count => {
      from += count
      return { from: from - count, count }
    })
    this.outputs = from
    this.actionSize = sizes.length
  }

  choose(
    outputs: Float32Array,
    row: number,
    mask: Mask | undefined,
    rng: Rng | undefined,
  ): Decision<unknown> {
    this.roomFor(row + 1)
    let logProbability = 0
    const choices = this.choices.map(choice => {
      const stretch = this.normalize(outputs, row, choice, mask)
      const action =
        rng === undefined ? greedyAction(this.logp, stretch) : sampleAction(this.logp, rng, stretch)
      const logp = this.logp[stretch.from + action]
      if (logp === -Infinity) {
        throw inputError('mask.empty', 'the mask allows no action: at least one entry of a choice must be 1')
      }
      logProbability += logp
      return action
    })
    return { action: this.toAction(choices), logProbability }
  }

  encode(action: unknown): ArrayLike<number> {
    return typeof action === 'number' ? [action] : (action as readonly number[])
  }

  evaluate({ rows, outputs, actions, masks }: PolicyRows): Evaluated {
    this.roomFor(rows)
    this.evaluated = { rows, actions }
    const { choices, logp, probabilities } = this
    const logProbabilities = new Float64Array(rows)
    const entropies = new Float64Array(rows)
    for (let row = 0, at = 0; row < rows; row++) {
      for (let c = 0; c < choices.length; c++, at++) {
        const { from, count } = this.normalize(outputs, row, choices[c], masks?.[row])
        let entropy = 0
        for (let i = from; i < from + count; i++) {
          const p = Math.exp(logp[i])
          probabilities[i] = p
          if (logp[i] > -Infinity) entropy -= p * logp[i]
        }
        logProbabilities[row] += logp[from + actions[at]]
        entropies[row] += entropy
        this.entropies[at] = entropy
      }
    }
    return { logProbabilities, entropies }
  }

  /** ∂log π(a)/∂logit_i = 1[i = a] − p_i; ∂H/∂logit_i = −p_i (log p_i + H). */
  differentiate(byLogProbability: Float64Array, byEntropy: number): Float32Array {
    const { rows, actions } = this.evaluated
    const { choices, logp, probabilities, entropies } = this
    const out = new Float32Array(rows * this.outputs)
    for (let row = 0, at = 0, o = 0; row < rows; row++) {
      for (let c = 0; c < choices.length; c++, at++) {
        for (let i = 0; i < choices[c].count; i++, o++) {
          const p = probabilities[o]
          const chosen = i === actions[at] ? 1 : 0
          out[o] =
            p === 0 ? 0 : byLogProbability[row] * (chosen - p) - byEntropy * p * (logp[o] + entropies[at])
        }
      }
    }
    return out
  }

  /** The log-probabilities of a row's choice; answers where they are. */
  private normalize(outputs: Float32Array, row: number, choice: Stretch, mask: Mask | undefined): Stretch {
    const stretch = { from: row * this.outputs + choice.from, count: choice.count }
    logSoftmaxInto(this.logp, outputs, stretch, mask, choice.from)
    return stretch
  }

  private roomFor(rows: number): void {
    if (this.logp.length >= rows * this.outputs) return
    this.logp = new Float64Array(2 * rows * this.outputs)
    this.probabilities = new Float64Array(2 * rows * this.outputs)
    this.entropies = new Float64Array(2 * rows * this.actionSize)
  }
}
