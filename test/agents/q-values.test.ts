import { describe, expect, test } from 'vitest'
import { bestAction, bestActions, QValues } from '../../src/agents/dqn/losses.ts'

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
    expect(bestAction(values, 1, 3, Uint8Array.of(0, 0, 0, 1, 0, 1), 3)).toBe(2)
    expect(() => bestAction(values, 1, 3, Uint8Array.of(0, 0, 0))).toThrow(/allows no action/)
    expect(() => bestAction(Float32Array.of(Number.NaN), 0, 1, undefined)).toThrow(/diverged/)
  })
})

test('of a batch, each row by its own mask; what follows an end is not looked at', () => {
  const values = Float32Array.of(1, 2, 2, 1, Number.NaN, Number.NaN)
  const nextMasks = Uint8Array.of(1, 0, 1, 1, 0, 0)
  expect([...bestActions(values, 2, { nextMasks, discounts: Float32Array.of(0.9, 0.9, 0) })]).toEqual([
    0, 0, 0,
  ])
  const open = { nextMasks: Uint8Array.of(1, 1, 0, 1, 1, 1), discounts: Float32Array.of(0.9, 0.5, 0) }
  expect([...bestActions(values, 2, open)]).toEqual([1, 1, 0])
})

test('more rows after fewer are all there', () => {
  const values = new QValues(2, true)
  values.of(Float32Array.of(1, 0, 0), 1)
  expect([...values.of(Float32Array.of(1, 0, 2, 3, 0, 0, 5, 4, 0), 3)]).toEqual([0, 2, 3, 3, 7, 3])
})

test('the gradient of Q-values is that of their differences, over several rows', () => {
  const outputs = Float32Array.of(0.3, -1, 2, 0.5, 1.1, 0.2, -0.7, 0.4)
  const chosen = Int32Array.of(2, 0)
  const byValue = Float32Array.of(0.5, -2)
  for (const dueling of [true, false]) {
    const width = dueling ? 4 : 3
    const given = outputs.slice(0, 2 * width)
    const values = new QValues(3, dueling)
    const loss = (at: Float32Array) => {
      const q = values.of(at, 2)
      return byValue[0] * q[chosen[0]] + byValue[1] * q[3 + chosen[1]]
    }
    const gradient = values.gradient(byValue, chosen)
    for (let i = 0; i < given.length; i++) {
      const [up, down] = [1, -1].map(sign =>
        loss(given.map((value, k) => (k === i ? value + sign / 8 : value))),
      )
      expect(gradient[i], `${dueling}, ${i}`).toBeCloseTo((up - down) * 4, 4)
    }
  }
})
