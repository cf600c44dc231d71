import { describe, expect, test } from 'vitest'
import { bestAction, QValues } from '../../src/agents/dqn/losses.ts'

describe('values', () => {
  test('dueling: differences are those of the advantages, the mean is V', () => {
    const values = new QValues(3, true).of(Float32Array.of(5, 1, 2, 6), 1)
    expect([...values]).toEqual([3, 4, 8])
  })

  test('the best action is allowed, the first of equals; divergence is an error', () => {
    const values = Float32Array.of(0, 0, 0, 1, 3, 3)
    expect(bestAction(values, 1, 3, undefined)).toBe(1)
    expect(bestAction(values, 1, 3, Uint8Array.of(1, 0, 1))).toBe(2)
    expect(bestAction(values, 1, 3, Uint8Array.of(1, 0, 0))).toBe(0)
    expect(() => bestAction(values, 1, 3, Uint8Array.of(0, 0, 0))).toThrow(/allows no action/)
    expect(() => bestAction(Float32Array.of(Number.NaN), 0, 1, undefined)).toThrow(/diverged/)
  })
})
