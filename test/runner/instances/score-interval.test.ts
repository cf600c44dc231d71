import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { accuracyOf, balancedAccuracyOf } from '../../../src/models/metrics.ts'
import { scoreInterval } from '../../../src/runner/instances/score-interval.ts'
import type { TestScore } from '../../../src/runner/instances/scores.ts'
import { golden } from '../inference/golden.ts'

describe('of accuracy', () => {
  test.each(golden.wilson)('$right of $of: as statsmodels', ({ right, of, interval }) => {
    const [low, high] = scoreInterval(scoreOf([[right, of - right]]), false)
    expect(low).toBeCloseTo(interval[0], 6)
    expect(high).toBeCloseTo(interval[1], 6)
  })

  test('of no clips nothing is known', () => {
    expect(scoreInterval(scoreOf([[0]]), false)).toEqual([0, 1])
    expect(scoreInterval(scoreOf([[0]]), true)).toEqual([0, 1])
  })
})

describe('of balanced accuracy', () => {
  test('it holds the true one in 93 to 98 % of samples from unequal classes', () => {
    const recalls = [0.9, 0.4, 0.65]
    const sizes = [60, 12, 20]
    const truth = (0.9 + 0.4 + 0.65) / 3
    const rng = Rng.of(7, 'recalls')
    let held = 0
    for (let i = 0; i < 2000; i++) {
      const rows = recalls.map((recall, own) => {
        const right = Array.from({ length: sizes[own] }, () => rng.next() < recall).filter(Boolean).length
        return recalls.map((_, c) => (c === own ? right : c === (own + 1) % 3 ? sizes[own] - right : 0))
      })
      const [low, high] = scoreInterval(scoreOf(rows), true)
      if (low <= truth && truth <= high) held++
    }
    expect(held / 2000).toBeGreaterThan(0.93)
    expect(held / 2000).toBeLessThan(0.98)
  })

  property.prop([
    fc.array(fc.array(fc.nat(30), { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 }),
  ])('it lies around the score, within 0 and 1, and is never a point', confusion => {
    const test = scoreOf(confusion)
    const [low, high] = scoreInterval(test, true)
    expect(low).toBeGreaterThanOrEqual(0)
    expect(high).toBeLessThanOrEqual(1)
    expect(low).toBeLessThanOrEqual(test.balancedAccuracy)
    expect(high).toBeGreaterThanOrEqual(test.balancedAccuracy)
    expect(high).toBeGreaterThan(low)
  })
})

function scoreOf(confusion: number[][]): TestScore {
  const accuracy = accuracyOf(confusion)
  const clips = confusion.flat().reduce((sum, count) => sum + count, 0)
  return {
    primary: accuracy,
    accuracy,
    balancedAccuracy: balancedAccuracyOf(confusion),
    loss: 1,
    confusion,
    clips,
  }
}
