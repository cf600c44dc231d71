import { createHash } from 'node:crypto'
import type { Weights } from '../../models/initialize.ts'
import { encode } from './codec.ts'

/**
 * SHA-256 over what a run did and learned: actions, rewards, final weights, policy state. No time and no path
 * enters it; another seed or one flipped bit of a weight changes it.
 */
export function runHash(run: {
  readonly episodes: readonly { readonly actions: readonly unknown[]; readonly rewards: readonly number[] }[]
  readonly weights: Weights
  readonly policy: unknown
}): string {
  const hash = createHash('sha256')
  for (const { actions, rewards } of run.episodes) {
    hash.update(encode(actions))
    hash.update(Float64Array.from(rewards))
  }
  for (const name of Object.keys(run.weights).sort()) {
    hash.update(name)
    hash.update(run.weights[name])
  }
  hash.update(encode(run.policy))
  return hash.digest('hex')
}
