import { createHash } from 'node:crypto'
import type { Rollout } from '../../play/collector.ts'
import { encode } from '../../runs/codec.ts'

/**
 * SHA-256 over what came before, the actions and rewards of a rollout in order, and the settings that were changed on the
 * way, where there are some.
 */
export function digestOf(
  before: string,
  { trajectories }: Rollout,
  adjusted: Readonly<Record<string, number>>,
): string {
  const numbers: number[] = []
  const others: unknown[] = []
  for (const { transitions } of trajectories) {
    for (const { action, reward } of transitions) {
      if (typeof action === 'number') numbers.push(action)
      else if (action instanceof Float32Array) numbers.push(...action)
      else others.push(action)
      numbers.push(reward)
    }
  }
  const hash = createHash('sha256').update(before).update(Float64Array.from(numbers))
  if (others.length > 0) hash.update(encode(others))
  if (Object.keys(adjusted).length > 0) hash.update(encode(adjusted))
  return hash.digest('hex')
}
