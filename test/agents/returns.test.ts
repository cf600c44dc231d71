import { describe, expect, test } from 'vitest'
import { discountedReturns, normalize } from '../../src/agents/returns.ts'
import { fc, property } from '../support/property.ts'

const numbers = fc.double({ min: -10, max: 10, noNaN: true })
const transitions = fc.array(fc.record({ reward: numbers, duration: fc.integer({ min: 0, max: 4 }) }), {
  minLength: 1,
  maxLength: 12,
})
const gammas = fc.double({ min: 0, max: 1, noNaN: true })

describe('discountedReturns', () => {
  test('an example by hand: 1, 2 after one round, bootstrap 10 after two more', () => {
    const returns = discountedReturns(
      [
        { reward: 1, duration: 1 },
        { reward: 2, duration: 2 },
      ],
      0.5,
      10,
    )
    expect([...returns]).toEqual([1 + 0.5 * 4.5, 4.5])
  })

  property([transitions, gammas, numbers])('are the sums that define them', (steps, gamma, bootstrap) => {
    discountedReturns(steps, gamma, bootstrap).forEach((g, t) => {
      let [sum, elapsed] = [0, 0]
      for (const { reward, duration } of steps.slice(t)) {
        sum += gamma ** elapsed * reward
        elapsed += duration
      }
      expect(g).toBeCloseTo(sum + gamma ** elapsed * bootstrap, 8)
    })
  })

  property([transitions, gammas, numbers, fc.nat()])(
    'cut anywhere and bootstrapped with the rest, they stay the same',
    (steps, gamma, bootstrap, at) => {
      const cut = at % steps.length
      const whole = discountedReturns(steps, gamma, bootstrap)
      const head = discountedReturns(steps.slice(0, cut), gamma, whole[cut])
      expect([...head]).toEqual([...whole.slice(0, cut)])
    },
  )

  property([transitions, gammas])('within a round nothing is discounted', (steps, gamma) => {
    const within = steps.map(step => ({ ...step, duration: 0 }))
    const [first] = discountedReturns(within, gamma, 0)
    expect(first).toBeCloseTo(within.reduce((sum, { reward }) => sum + reward, 0))
  })
})

describe('normalize', () => {
  property([fc.array(numbers, { minLength: 2, maxLength: 50 })])('mean 0, deviation 1 or 0', values => {
    const array = Float64Array.from(values)
    const spread = Math.max(...values) - Math.min(...values)
    normalize(array)
    const mean = array.reduce((sum, x) => sum + x, 0) / array.length
    expect(mean).toBeCloseTo(0)
    expect(array.every(Number.isFinite)).toBe(true)
    if (spread > 0.01) expect(array.reduce((sum, x) => sum + x * x, 0) / array.length).toBeCloseTo(1)
  })
})
