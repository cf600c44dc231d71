import { failure } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Mask } from '../../envs/env.ts'

/**
 * log softmax over the allowed actions, [n]; −∞ for the others.
 * @throws failure when a logit is not finite: the policy network has diverged
 */
export function logSoftmax(logits: Float32Array, mask?: Mask): Float64Array {
  let largest = -Infinity
  for (let i = 0; i < logits.length; i++) {
    if (!Number.isFinite(logits[i])) {
      throw failure(
        'agent.diverged',
        `the policy network gave ${logits[i]}: it has diverged; lower the agent's learning rate`,
      )
    }
    if (mask?.[i] !== 0) largest = Math.max(largest, logits[i])
  }
  let sum = 0
  for (let i = 0; i < logits.length; i++) if (mask?.[i] !== 0) sum += Math.exp(logits[i] - largest)
  const normalizer = largest + Math.log(sum)
  return Float64Array.from(logits, (logit, i) => (mask?.[i] === 0 ? -Infinity : logit - normalizer))
}

/** One action by its probability; never one of probability 0. */
export function sampleAction(logProbabilities: Float64Array, rng: Rng): number {
  let left = rng.next()
  let last = 0
  for (let i = 0; i < logProbabilities.length; i++) {
    const probability = Math.exp(logProbabilities[i])
    if (probability === 0) continue
    last = i
    left -= probability
    if (left < 0) return i
  }
  // Rounding can leave a sliver above the sum of the probabilities.
  return last
}

/** The most probable action, the first of equals. */
export function greedyAction(logProbabilities: Float64Array): number {
  return logProbabilities.indexOf(Math.max(...logProbabilities))
}

/** −Σ p log p, nats. */
export function entropy(logProbabilities: Float64Array): number {
  let sum = 0
  for (const logp of logProbabilities) if (logp > -Infinity) sum -= Math.exp(logp) * logp
  return sum
}
