import { createHash } from 'node:crypto'
import type { ArrayRollout } from '../../../agents/arrays.ts'
import type { Rollout } from '../../play/collecting.ts'
import { encode } from '../../runs/codec.ts'

/**
 * SHA-256 over what came before, the actions and rewards of a rollout in order, and the settings that were changed on the
 * way, where there are some.
 */
export function digestOf(
  before: string,
  rollout: Rollout,
  adjusted: Readonly<Record<string, number>>,
): string {
  const { numbers, others } =
    rollout.arrays === undefined ? played(rollout) : playedOverArrays(rollout.arrays)
  const hash = createHash('sha256').update(before).update(numbers)
  if (others.length > 0) hash.update(encode(others))
  if (Object.keys(adjusted).length > 0) hash.update(encode(adjusted))
  return hash.digest('hex')
}

/** Actions that are numbers, each before its reward; and those that are something else. */
function played({ trajectories }: Rollout) {
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
  return { numbers: Float64Array.from(numbers), others }
}

function playedOverArrays({ rows, actions, rewards }: ArrayRollout) {
  const size = actions.length / rows
  const numbers = new Float64Array(rows * (size + 1))
  for (let row = 0, to = 0; row < rows; row++) {
    for (let i = 0; i < size; i++) numbers[to++] = actions[row * size + i]
    numbers[to++] = rewards[row]
  }
  return { numbers, others: [] }
}
