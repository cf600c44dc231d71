import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { accuracyInterval, balancedAccuracyInterval } from '../../../src/models/tasks/class-intervals.ts'
import { golden } from '../../runner/inference/golden.ts'
import { fc, property } from '../../support/property.ts'

describe('of accuracy', () => {
  test.each(golden.wilson)('$right of $of: as statsmodels', ({ right, of, interval }) => {
    const [low, high] = accuracyInterval(right / of, of)
    expect(low).toBeCloseTo(interval[0], 6)
    expect(high).toBeCloseTo(interval[1], 6)
  })

  test('of no clips nothing is known', () => {
    expect(accuracyInterval(0, 0)).toEqual([0, 1])
    expect(balancedAccuracyInterval(0, [[0]])).toEqual([0, 1])
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
      const [low, high] = balancedAccuracyInterval(balancedAccuracyOf(rows), rows)
      if (low <= truth && truth <= high) held++
    }
    expect(held / 2000).toBeGreaterThan(0.93)
    expect(held / 2000).toBeLessThan(0.98)
  })

  property([fc.array(fc.array(fc.nat(30), { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 })])(
    'it lies around the score, within 0 and 1, and is never a point',
    confusion => {
      const balancedAccuracy = balancedAccuracyOf(confusion)
      const [low, high] = balancedAccuracyInterval(balancedAccuracy, confusion)
      expect(low).toBeGreaterThanOrEqual(0)
      expect(high).toBeLessThanOrEqual(1)
      expect(low).toBeLessThanOrEqual(balancedAccuracy)
      expect(high).toBeGreaterThanOrEqual(balancedAccuracy)
      expect(high).toBeGreaterThan(low)
    },
  )
})

/** Mean recall over the classes that occur. */
function balancedAccuracyOf(confusion: readonly (readonly number[])[]): number {
  const recalls = confusion.flatMap((row, i) => {
    const total = row.reduce((a, b) => a + b, 0)
    return total === 0 ? [] : [row[i] / total]
  })
  return recalls.length === 0 ? 0 : recalls.reduce((a, b) => a + b, 0) / recalls.length
}
