import { expect, test } from 'vitest'
import { holm } from '../../../src/runner/inference/holm.ts'
import { fc, property } from '../../support/property.ts'
import { golden } from './golden.ts'

test.each(golden.holm)('$ps.length p: statsmodels’ multipletests', ({ ps, adjusted }) => {
  holm(ps).forEach((value, i) => {
    expect(value).toBeCloseTo(adjusted[i], 12)
  })
})

property([fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 })])(
  'never less than the p itself nor more than Bonferroni’s, in the same order',
  ps => {
    const adjusted = holm(ps)
    ps.forEach((p, i) => {
      expect(adjusted[i]).toBeGreaterThanOrEqual(p)
      expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, p * ps.length))
      ps.forEach((other, j) => {
        if (other > p) expect(adjusted[j]).toBeGreaterThanOrEqual(adjusted[i])
      })
    })
  },
)
