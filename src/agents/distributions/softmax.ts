import { failure } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Mask } from '../../envs/env.ts'

/**
 * log softmax over the allowed actions, [n], in float64; −∞ for the others.
 * @throws failure when a logit is not finite: the policy network has diverged
 */
export function logSoftmax(logits: Float32Array, mask?: Mask): Float64Array {
  const isAllowed = (i: number) => mask === undefined || mask[i] !== 0
  let largest = -Infinity
  for (let i = 0; i < logits.length; i++) {
    if (!Number.isFinite(logits[i])) refuseLogit(logits[i])
    if (logits[i] > largest && isAllowed(i)) largest = logits[i]
  }
  let sum = 0
  for (let i = 0; i < logits.length; i++) if (isAllowed(i)) sum += Math.exp(logits[i] - largest)
  const normalizer = largest + Math.log(sum)
  return Float64Array.from(logits, (logit, i) => (isAllowed(i) ? logit - normalizer : -Infinity))
}

/** @throws failure, always */
export function refuseLogit(logit: number): never {
  throw failure(
    'agent.diverged',
    `the policy network gave ${logit}: it has diverged; lower the agent's learning rate`,
  )
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
  let best = 0
  for (let i = 1; i < logProbabilities.length; i++) if (logProbabilities[i] > logProbabilities[best]) best = i
  return best
}

/** −Σ p log p, nats. */
export function entropy(logProbabilities: Float64Array): number {
  let sum = 0
  for (const logp of logProbabilities) if (logp > -Infinity) sum -= Math.exp(logp) * logp
  return sum
}
