import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Mask } from '../../envs/env.ts'
import type { Decision } from '../agent.ts'
import type { Distribution, Evaluated } from './distribution.ts'
import { entropy, greedyAction, logSoftmax, sampleAction } from './softmax.ts'

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
  private evaluated: readonly { readonly logp: Float64Array; readonly action: number; readonly h: number }[] =
    []

  constructor(
    private readonly sizes: readonly number[],
    private readonly toAction: (choices: readonly number[]) => unknown,
  ) {
    this.outputs = sizes.reduce((sum, n) => sum + n, 0)
    this.actionSize = sizes.length
  }

  choose(outputs: Float32Array, mask: Mask | undefined, rng: Rng | undefined): Decision<unknown> {
    let logProbability = 0
    const choices = this.split(outputs, mask).map(logp => {
      const action = rng === undefined ? greedyAction(logp) : sampleAction(logp, rng)
      if (logp[action] === -Infinity) {
        throw inputError('mask.empty', 'the mask allows no action: at least one entry of a choice must be 1')
      }
      logProbability += logp[action]
      return action
    })
    return { action: this.toAction(choices), logProbability }
  }

  encode(action: unknown): ArrayLike<number> {
    return typeof action === 'number' ? [action] : (action as readonly number[])
  }

  evaluate(outputs: Float32Array, action: Float32Array, mask: Mask | undefined): Evaluated {
    this.evaluated = this.split(outputs, mask).map((logp, i) => ({
      logp,
      action: action[i],
      h: entropy(logp),
    }))
    let [logProbability, total] = [0, 0]
    for (const { logp, action, h } of this.evaluated) {
      logProbability += logp[action]
      total += h
    }
    return { logProbability, entropy: total }
  }

  /** ∂log π(a)/∂logit_i = 1[i = a] − p_i; ∂H/∂logit_i = −p_i (log p_i + H). */
  addGradient(factors: Evaluated, out: Float32Array): void {
    let at = 0
    for (const { logp, action, h } of this.evaluated) {
      for (let i = 0; i < logp.length; i++, at++) {
        const p = Math.exp(logp[i])
        const chosen = i === action ? 1 : 0
        out[at] = p === 0 ? 0 : factors.logProbability * (chosen - p) - factors.entropy * p * (logp[i] + h)
      }
    }
  }

  /** Log-probabilities of each choice. */
  private split(outputs: Float32Array, mask: Mask | undefined): readonly Float64Array[] {
    let at = 0
    return this.sizes.map(n => {
      at += n
      return logSoftmax(outputs.subarray(at - n, at), mask?.subarray(at - n, at))
    })
  }
}
