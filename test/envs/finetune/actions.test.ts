import { expect, test } from 'vitest'
import { rateLevels, rateLimits, singleBlockLevels } from '../../../src/envs/finetune/actions.ts'

const limits = rateLimits(1e-4)
const setting = { frozen: true, learningRate: 2e-5 }

test('levels: each action sets its rate whatever was before, the first freezes', () => {
  const rates = Array.from({ length: 8 }, (_, action) => {
    const { frozen, learningRate } = rateLevels.apply(action, setting, 1, limits)
    return frozen ? 0 : learningRate
  })
  expect(rates).toEqual([0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2])
  expect(rates.map((_, action) => rateLevels.describe(action))[4]).toBe('0.0003')
  // A frozen group remembers its rate.
  expect(rateLevels.apply(0, { frozen: false, learningRate: 3e-3 }, 1, limits)).toEqual({
    frozen: true,
    learningRate: 3e-3,
  })
})

test('levels: rates beyond the limits are masked, freezing never', () => {
  const narrow = rateLimits(1e-4, 1e-4, 1e-3)
  expect([...(rateLevels.mask?.(setting, 1, narrow) ?? [])]).toEqual([1, 0, 0, 1, 1, 1, 0, 0])
  expect([...(rateLevels.mask?.(setting, 1, limits) ?? [])]).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
})

test('single-block: every group alone at four rates, and all at four, the head ten times faster', () => {
  const rates = (singleBlockLevels.combinations?.(3) ?? []).map(actions =>
    actions.map(action => {
      const { frozen, learningRate } = singleBlockLevels.apply(action, setting, 1, limits)
      return frozen ? 0 : learningRate
    }),
  )
  expect(rates).toHaveLength(16)
  expect(rates.slice(0, 4)).toEqual([3e-4, 1e-3, 3e-3, 1e-2].map(rate => [rate, 0, 0]))
  expect(rates[11]).toEqual([0, 0, 1e-2])
  expect(rates.slice(12)).toEqual([
    [3e-5, 3e-5, 3e-4],
    [1e-4, 1e-4, 1e-3],
    [3e-4, 3e-4, 3e-3],
    [1e-3, 1e-3, 1e-2],
  ])
})
