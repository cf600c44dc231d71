import { describe, expect, test } from 'vitest'
import { total } from '../../src/common/cost.ts'
import { Rng } from '../../src/common/random.ts'
import { interquartileMean, mean, standardDeviation, standardError } from '../../src/common/statistics.ts'
import { nearest, unknownName } from '../../src/common/suggest.ts'
import { fc, property } from '../support/property.ts'

describe('statistics', () => {
  test('of known values', () => {
    expect(mean([1, 2, 6])).toBe(3)
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12)
    expect(interquartileMean([9, 1, 2, 100, 3, 4, -50, 5])).toBe((2 + 3 + 4 + 5) / 4)
    expect(interquartileMean([3, 1, 2])).toBe(2)
  })

  test('of too few values are no number', () => {
    expect(standardDeviation([])).toBeNaN()
    expect(standardDeviation([1])).toBeNaN()
    expect(standardError(Float64Array.of())).toBeNaN()
    expect(standardError(Float64Array.of(1))).toBeNaN()
    expect(standardError(Float64Array.of(1, 3))).toBe(1)
  })

  property([fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 20 })])(
    'the jackknife of a mean is its textbook standard error',
    values => {
      const sum = values.reduce((a, b) => a + b, 0)
      const without = Float64Array.from(values, value => (sum - value) / (values.length - 1))
      expect(standardError(without)).toBeCloseTo(standardDeviation(values) / Math.sqrt(values.length), 9)
    },
  )
})

test('costs add up by kind', () => {
  expect(total([])).toEqual({ flops: 0, seconds: 0 })
  expect(
    total([
      { flops: 1, seconds: 0.5 },
      { flops: 20, seconds: 4 },
    ]),
  ).toEqual({ flops: 21, seconds: 4.5 })
})

describe('suggestions', () => {
  const known = ['random', 'reinforce', 'ppo', 'DQN']

  test.each([
    ['reinforc', 'reinforce'],
    ['REINFORCE', 'reinforce'],
    ['dqn', 'DQN'],
    ['pp', 'ppo'],
    ['p', 'ppo'],
    ['reinfxxxe', 'reinforce'],
  ])('%s is near %s', (given, name) => {
    expect(nearest(given, known)).toBe(name)
  })

  test.each(['zzzz', 'renfrcexyz', ''])("'%s' is near nothing", given => {
    expect(nearest(given, known)).toBe(undefined)
  })

  test('of equally near names the first', () => {
    expect(nearest('aa', ['ab', 'ac'])).toBe('ab')
  })

  test('an error says what is known, and what may have been meant', () => {
    expect(unknownName('agent', 'pppo', new Set(known))).toMatchObject({
      code: 'agent.unknown',
      exitCode: 2,
      message: "unknown agent 'pppo': did you mean 'ppo'? (known: random, reinforce, ppo, DQN)",
    })
    expect(unknownName('agent', 'zzzz', known).message).toBe(
      "unknown agent 'zzzz' (known: random, reinforce, ppo, DQN)",
    )
  })
})

describe('Rng', () => {
  const draws = (rng: Rng, of: (rng: Rng) => number, n = 20_000) => Array.from({ length: n }, () => of(rng))

  test('normal numbers have the moments of a standard normal', () => {
    const values = draws(Rng.of(1), rng => rng.normal())
    expect(Math.abs(mean(values))).toBeLessThan(0.03)
    expect(standardDeviation(values)).toBeCloseTo(1, 1)
    expect(mean(values.map(x => x ** 4))).toBeGreaterThan(2.8)
    expect(mean(values.map(x => x ** 4))).toBeLessThan(3.2)
    expect(Math.max(...values)).toBeGreaterThan(3)
  })

  test('integers are each as often as any other', () => {
    const counts = new Array<number>(5).fill(0)
    for (const value of draws(Rng.of(2), rng => rng.int(5))) counts[value]++
    expect(counts).toHaveLength(5)
    for (const count of counts) expect(Math.abs(count - 4000)).toBeLessThan(300)
  })

  test('orders are each as often as any other, and what is shuffled stays', () => {
    const rng = Rng.of(3)
    const items = ['a', 'b', 'c'] as const
    const counts = new Map<string, number>()
    for (let i = 0; i < 6000; i++) {
      const order = rng.shuffle(items).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba'])
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
    expect(items).toEqual(['a', 'b', 'c'])
  })

  test('streams are told apart by seed and path, and go on where their state was taken', () => {
    const first = (...args: Parameters<typeof Rng.of>) => Rng.of(...args).next()
    const names: Parameters<typeof Rng.of>[] = [
      [1],
      [2],
      [1, 'a'],
      [1, 'b'],
      [1, 'a', 0],
      [1, 'a', 1],
      [1, '1'],
      [1, 1],
    ]
    expect(new Set(names.map(name => first(...name))).size).toBe(names.length)
    expect(first(1, 'a', 0)).toBe(first(1, 'a', 0))
    const rng = Rng.of(4)
    rng.next()
    const again = Rng.restore(rng.state())
    expect(draws(again, r => r.next(), 5)).toEqual(draws(rng, r => r.next(), 5))
  })

  test('streams stay what they were: every run’s hash depends on them', () => {
    expect(Rng.of(1, 'policy', 0).next()).toBe(0.12003721652917354)
    expect(Rng.of(1, 'policy', 0).int(2 ** 31)).toBe(257_777_959)
    expect(Rng.of(7).next()).toBe(0.7041689598055318)
  })

  test('near seeds give unrelated streams', () => {
    const firsts = Array.from({ length: 2000 }, (_, seed) => Rng.of(seed).next())
    const lagged = firsts.slice(1).map((x, i) => (x - 0.5) * (firsts[i] - 0.5))
    expect(Math.abs(mean(lagged) * 12)).toBeLessThan(0.1)
    expect(mean(firsts)).toBeCloseTo(0.5, 1)
  })
})
