import { describe, expect, test } from 'vitest'
import { generalizedAdvantages } from '../../src/agents/gae.ts'
import { discountedReturns } from '../../src/agents/returns.ts'
import { fc, property } from '../support/property.ts'

const number = fc.double({ min: -10, max: 10, noNaN: true })
const share = fc.double({ min: 0, max: 1, noNaN: true })
const steps = fc.array(
  fc.record({ reward: number, duration: fc.integer({ min: 0, max: 4 }), value: number }),
  {
    minLength: 1,
    maxLength: 12,
  },
)
const valuesOf = (transitions: readonly { readonly value: number }[]) => transitions.map(({ value }) => value)

describe('generalizedAdvantages', () => {
  test('an example by hand', () => {
    const transitions = [
      { reward: 1, duration: 1 },
      { reward: 2, duration: 2 },
    ]
    const advantages = generalizedAdvantages(transitions, [3, 4], 8, { gamma: 0.5, lambda: 0.5 })
    // δ₁ = 2 + 0.25·8 − 4 = 0; δ₀ = 1 + 0.5·4 − 3 = 0
    expect([...advantages]).toEqual([0, 0])
    const other = generalizedAdvantages(transitions, [3, 4], 0, { gamma: 0.5, lambda: 0.5 })
    // δ₁ = −2, and A₀ = 0 + 0.5·0.5·(−2)
    expect([...other]).toEqual([-0.5, -2])
  })

  property([steps, share, share, number])(
    'are the sums over all later δ that define them',
    (transitions, gamma, lambda, bootstrap) => {
      const values = [...valuesOf(transitions), bootstrap]
      const advantages = generalizedAdvantages(transitions, values, bootstrap, { gamma, lambda })
      advantages.forEach((advantage, t) => {
        let sum = 0
        for (let k = t; k < transitions.length; k++) {
          const rounds = transitions.slice(t, k).reduce((total, { duration }) => total + duration, 0)
          const { reward, duration } = transitions[k]
          const delta = reward + gamma ** duration * values[k + 1] - values[k]
          sum += gamma ** rounds * lambda ** (k - t) * delta
        }
        expect(advantage).toBeCloseTo(sum, 7)
      })
    },
  )

  property([steps, share, number])('λ = 1: returns less values', (transitions, gamma, bootstrap) => {
    const values = valuesOf(transitions)
    const returns = discountedReturns(transitions, gamma, bootstrap)
    generalizedAdvantages(transitions, values, bootstrap, { gamma, lambda: 1 }).forEach((advantage, t) => {
      expect(advantage).toBeCloseTo(returns[t] - values[t], 7)
    })
  })

  property([steps, share, number])('λ = 0: one-step errors', (transitions, gamma, bootstrap) => {
    const values = valuesOf(transitions)
    generalizedAdvantages(transitions, values, bootstrap, { gamma, lambda: 0 }).forEach((advantage, t) => {
      const { reward, duration } = transitions[t]
      expect(advantage).toBeCloseTo(reward + gamma ** duration * (values[t + 1] ?? bootstrap) - values[t], 9)
    })
  })
})
