import { expect, test } from 'vitest'
import { explainedVariance } from '../../src/agents/explained-variance.ts'

test('1 − Var(residuals) / Var(returns), whatever the residuals’ mean', () => {
  // Var(1, 2, 6) = 14/3; Var(0, −1, 1) = 2/3.
  const returns = Float64Array.of(1, 2, 6)
  expect(explainedVariance(returns, Float64Array.of(0, -1, 1))).toBeCloseTo(1 - 2 / 14, 12)
  expect(explainedVariance(returns, Float64Array.of(10, 9, 11))).toBeCloseTo(1 - 2 / 14, 12)
  expect(explainedVariance(returns, new Float64Array(3))).toBe(1)
  expect(explainedVariance(returns, Float64Array.of(2, 4, 12))).toBeCloseTo(-3, 12)
})

test('returns that are all alike explain nothing', () => {
  expect(explainedVariance(Float64Array.of(4, 4, 4), Float64Array.of(1, 2, 3))).toBe(0)
})
