import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { acrossInstances, minimumInstances } from '../../../src/runner/inference/across-instances.ts'
import { pAbove } from '../../../src/runner/inference/inference.ts'
import { signFlip } from '../../../src/runner/inference/sign-flip.ts'
import { fc, property } from '../../support/property.ts'
import { golden } from './golden.ts'

const flips = () => Rng.of(1, 'flips')

test.each(golden.signFlip)(
  'sign flips of $values.length values: scipy’s permutation_test',
  ({ values, p }) => {
    expect(signFlip(values, flips())).toBeCloseTo(p, 12)
  },
)

test('where there are too many flips to try, random ones come near to what all of them give', () => {
  // Of the sixteen, two are zero: their flips change nothing, so that the p of the other fourteen is exact.
  const values = Array.from({ length: 14 }, (_, i) => Math.sin(i) + 0.35)
  const exact = signFlip(values, flips())
  expect(Math.abs(signFlip([...values, 0, 0], flips()) - exact)).toBeLessThan(0.015)
})

test.each(golden.hall)(
  'the interval of $values.length values: Student’s and Hall’s together',
  ({ values, interval }) => {
    const found = acrossInstances(values, flips).interval(0.05)
    interval.forEach((bound, i) => {
      expect(found[i]).toBeCloseTo(bound, 8)
    })
  },
)

describe('several instances', () => {
  const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 9 })

  property([values])('swapping the two contenders mirrors all', given => {
    const [one, other] = [given, given.map(value => -value)].map(each => acrossInstances(each, flips))
    expect(other.mean).toBeCloseTo(-one.mean, 10)
    expect(other.interval(0.05)[0]).toBeCloseTo(-one.interval(0.05)[1], 8)
    expect(other.p(0)).toBeCloseTo(one.p(0), 8)
  })

  property([values])('a value that p refuses lies outside the interval', given => {
    const { mean, p, interval } = acrossInstances(given, flips)
    const [low, high] = interval(0.05)
    for (const value of [mean - 0.3, mean - 0.1, mean + 0.1, mean + 0.3])
      if (p(value) < 0.0499) expect(value < low || value > high).toBe(true)
  })

  test('no difference anywhere is none; the same everywhere is as sure as signs make it', () => {
    expect(acrossInstances([0, 0, 0], flips).p(0)).toBe(1)
    const same = acrossInstances(Array(6).fill(0.5), flips)
    expect([same.p(0), ...same.interval(0.05)]).toEqual([1 / 32, 0.5, 0.5])
  })

  test('of one instance nothing is said about others', () => {
    const one = acrossInstances([0.3], flips)
    expect([one.mean, one.p(0), ...one.interval(0.05)]).toEqual([0.3, 1, Number.NaN, Number.NaN])
  })

  test('better than a bound is a matter of the side', () => {
    const found = acrossInstances([0.01, 0, 0.02, -0.01, 0.01, 0, 0.005], flips)
    expect(pAbove(found, -0.03)).toBeLessThan(0.05)
    expect(pAbove(found, 0.03)).toBe(1)
  })

  test.each([
    [1, 6],
    [11, 9],
    [66, 12],
  ])(
    '%i comparisons ask for %i instances: fewer can’t reach the level, so many can',
    (comparisons, least) => {
      expect(minimumInstances(comparisons)).toBe(least)
      const best = (count: number) => acrossInstances(Array(count).fill(1), flips).p(0)
      expect(best(least)).toBeLessThanOrEqual(0.05 / comparisons)
      expect(best(least - 1)).toBeGreaterThan(0.05 / comparisons)
    },
  )
})
