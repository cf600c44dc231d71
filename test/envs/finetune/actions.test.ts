import { expect, test } from 'vitest'
import {
  everythingMoves,
  fiveActions,
  logRate,
  rateLevels,
  rateLimits,
  ratesOf,
  settingsOf,
  singleBlockLevels,
} from '../../../src/envs/finetune/actions.ts'

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

test('discrete5: freezes, moves by thirds, keeps, and goes back to the reset rate', () => {
  const done = (action: number, from = setting) => fiveActions.apply(action, from, 1, limits)
  expect(done(0, { frozen: false, learningRate: 2e-5 })).toEqual({ frozen: true, learningRate: 2e-5 })
  expect(done(1).frozen).toBe(false)
  expect(done(1).learningRate).toBeCloseTo(2e-5 / 3, 12)
  expect(done(2)).toEqual(setting)
  expect(done(3).frozen).toBe(false)
  expect(done(3).learningRate).toBeCloseTo(6e-5, 12)
  expect(done(4)).toEqual({ frozen: false, learningRate: 1e-4 })
  expect(done(3, { frozen: false, learningRate: 9e-3 }).learningRate).toBe(1e-2)
  expect(done(1, { frozen: false, learningRate: 2e-6 }).learningRate).toBe(1e-6)
  expect([0, 1, 2, 3, 4].map(fiveActions.describe)).toEqual(['freeze', 'lr/3', 'keep', 'lr*3', 'reset'])
})

test('discrete5: what would leave the limits is masked, and three times a third of the highest is within', () => {
  const mask = (learningRate: number) => [
    ...(fiveActions.mask?.({ frozen: false, learningRate }, 1, limits) ?? []),
  ]
  expect(mask(1e-4)).toEqual([1, 1, 1, 1, 1])
  expect(mask(1e-2)).toEqual([1, 1, 1, 0, 1])
  expect(mask(1e-6)).toEqual([1, 0, 1, 1, 1])
  expect(mask(1e-2 / 3)).toEqual([1, 1, 1, 1, 1])
  expect(mask(3e-6)).toEqual([1, 1, 1, 1, 1])
})

test('log-rate: a tenth of the interval freezes, the rest is the rate on a logarithmic scale', () => {
  const done = (x: number) => logRate.apply(Float32Array.of(x), setting, 1, limits)
  expect(done(-0.9)).toEqual(setting)
  expect(logRate.apply(Float32Array.of(-1), { frozen: false, learningRate: 1e-3 }, 1, limits)).toEqual({
    frozen: true,
    learningRate: 1e-3,
  })
  expect(done(1)).toEqual({ frozen: false, learningRate: 1e-2 })
  expect(done(0.1).learningRate).toBeCloseTo(1e-4, 9)
  expect(done(-0.79).frozen).toBe(false)
  const words = [-0.9, -0.5, 1].map(x => logRate.describe(Float32Array.of(x)))
  expect(words).toEqual(['freeze', 'at -0.50', 'at 1.00'])
})

test('the reset rate: ten times the base for the head, 2.6 times less with every group below the topmost', () => {
  const rates = [0, 1, 2, 3].map(depth => limits.reset(depth))
  const expected = [1e-3, 1e-4, 1e-4 / 2.6, 1e-4 / 2.6 ** 2]
  for (const [depth, rate] of rates.entries()) expect(rate / expected[depth]).toBeCloseTo(1, 12)
  expect(rateLimits(1e-2).reset(0)).toBe(1e-2)
  expect(rateLimits(2e-6).reset(3)).toBe(1e-6)
})

test('settings of rates: 0 freezes at the group’s reset rate, all others are held within the limits', () => {
  const settings = settingsOf([0, 0, 1, 1e-9], limits)
  expect(settings).toEqual([
    { frozen: true, learningRate: limits.reset(3) },
    { frozen: true, learningRate: limits.reset(2) },
    { frozen: false, learningRate: 1e-2 },
    { frozen: false, learningRate: 1e-6 },
  ])
  expect(ratesOf(settings)).toEqual([0, 0, 1e-2, 1e-6])
  expect(ratesOf(everythingMoves(3, limits))).toEqual([1e-4, 1e-4, 1e-3])
})
