import { failure } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Mask } from '../../envs/env.ts'

/** A stretch of an array: one choice's numbers among many rows' and choices'. */
export interface Stretch {
  readonly from: number
  readonly count: number
}

function whole({ length }: ArrayLike<number>): Stretch {
  return { from: 0, count: length }
}

/** log softmax over the allowed actions, [n]; −∞ for the others. @throws as `logSoftmaxInto` */
export function logSoftmax(logits: Float32Array, mask?: Mask): Float64Array {
  const out = new Float64Array(logits.length)
  logSoftmaxInto(out, logits, whole(logits), mask)
  return out
}

/**
 * log softmax over the allowed actions of a stretch of `logits`, written at the same place of `out`; −∞ for the others.
 * `mask` is of this stretch from `maskFrom` on.
 * @throws failure when a logit is not finite: the policy network has diverged
 */
export function logSoftmaxInto(
  out: Float64Array,
  logits: Float32Array,
  { from, count }: Stretch,
  mask?: Mask,
  maskFrom = 0,
): void {
  // Spelled out three times: a closure takes longer than all the rest.
  let largest = -Infinity
  for (let i = 0; i < count; i++) {
    const logit = logits[from + i]
    if (!Number.isFinite(logit)) refuseLogit(logit)
    if (logit > largest && (mask === undefined || mask[maskFrom + i] !== 0)) largest = logit
  }
  let sum = 0
  for (let i = 0; i < count; i++) {
    if (mask !== undefined && mask[maskFrom + i] === 0) continue
    sum += logits[from + i] === largest ? 1 : Math.exp(logits[from + i] - largest)
  }
  const normalizer = largest + Math.log(sum)
  for (let i = 0; i < count; i++)
    out[from + i] = mask === undefined || mask[maskFrom + i] !== 0 ? logits[from + i] - normalizer : -Infinity
}

function refuseLogit(logit: number): never {
  throw failure(
    'agent.diverged',
    `the policy network gave ${logit}: it has diverged; lower the agent's learning rate`,
  )
}

/** One action of a stretch by its probability; never one of probability 0. */
export function sampleAction(
  logProbabilities: Float64Array,
  rng: Rng,
  { from, count }: Stretch = whole(logProbabilities),
): number {
  let left = rng.next()
  let last = 0
  for (let i = 0; i < count; i++) {
    const probability = Math.exp(logProbabilities[from + i])
    if (probability === 0) continue
    last = i
    left -= probability
    if (left < 0) return i
  }
  // Rounding can leave a sliver above the sum of the probabilities.
  return last
}

/** The most probable action of a stretch, the first of equals. */
export function greedyAction(
  logProbabilities: Float64Array,
  { from, count }: Stretch = whole(logProbabilities),
): number {
  let best = 0
  for (let i = 1; i < count; i++) if (logProbabilities[from + i] > logProbabilities[from + best]) best = i
  return best
}

/** −Σ p log p of a stretch, nats. */
export function entropy(
  logProbabilities: Float64Array,
  { from, count }: Stretch = whole(logProbabilities),
): number {
  let sum = 0
  for (let i = from; i < from + count; i++) {
    const logp = logProbabilities[i]
    if (logp > -Infinity) sum -= Math.exp(logp) * logp
  }
  return sum
}
