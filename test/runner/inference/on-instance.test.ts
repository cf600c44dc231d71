import { describe, expect, test } from 'vitest'
import { LayergymError } from '../../../src/common/error.ts'
import { onInstance } from '../../../src/runner/inference/on-instance.ts'
import { fc, property } from '../../support/property.ts'
import { golden } from './golden.ts'

/** The same items for every seed, each drawn by itself. */
const crossed = (rows: readonly (readonly number[])[]) =>
  rows.map(values => ({ values, units: values.map((_, i) => String(i)) }))

test.each(golden.crossed)('$values.length seeds: as two-way mean squares have it', ({ values, interval }) => {
  const found = onInstance(crossed(values)).interval(0.05)
  interval.forEach((bound, i) => {
    expect(found[i]).toBeCloseTo(bound, 8)
  })
})

describe('one instance', () => {
  const matrix = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 12 }))
    .chain(([seeds, items]) => {
      const value = fc.double({ min: -5, max: 5, noNaN: true })
      const row = fc.array(value, { minLength: items, maxLength: items })
      return fc.array(row, { minLength: seeds, maxLength: seeds })
    })

  property([matrix, fc.double({ min: -3, max: 3, noNaN: true })])(
    'p and interval agree, at any level',
    (rows, value) => {
      const { p, interval } = onInstance(crossed(rows))
      const level = p(value)
      if (level < 1e-9 || level > 0.999) return
      const [wide, narrow] = [interval(level * 0.99), interval(Math.min(1, level * 1.01))]
      expect(value >= wide[0] - 1e-9 && value <= wide[1] + 1e-9).toBe(true)
      expect(value > narrow[0] + 1e-9 && value < narrow[1] - 1e-9).toBe(false)
    },
  )

  property([matrix])('clips of one recording are worth no more than one', rows => {
    const twice = rows.map(values => ({
      values: values.flatMap(value => [value, value]),
      units: values.flatMap((_, i) => [String(i), String(i)]),
    }))
    const [once, doubled] = [onInstance(crossed(rows)), onInstance(twice)].map(({ interval }) =>
      interval(0.05),
    )
    expect(doubled[0]).toBeCloseTo(once[0], 8)
    expect(doubled[1]).toBeCloseTo(once[1], 8)
  })

  test('equal differences have an interval of no width', () => {
    const { interval } = onInstance(crossed([Array(40).fill(1), Array(40).fill(1), Array(40).fill(1)]))
    expect(interval(0.05)).toEqual([1, 1])
  })

  test('seeds that agree by chance prove nothing: the items that make the difference might not have been drawn', () => {
    const one = (at: number) => Array.from({ length: 30 }, (_, i) => (i === at ? 1 : 0))
    const { interval, p } = onInstance(crossed([one(3), one(11), one(20)]))
    expect(interval(0.05)[0]).toBeLessThan(0)
    expect(p(0)).toBeGreaterThan(0.05)
  })

  test('the noise of seeds widens the interval though the items agree', () => {
    const items = (value: number): number[] => Array<number>(50).fill(value)
    const { interval } = onInstance(crossed([items(0.2), items(-0.1), items(0.05)]))
    expect(interval(0.05)[0]).toBeLessThan(-0.1)
    expect(interval(0.05)[1]).toBeGreaterThan(0.2)
  })

  test('items that all seeds share count once, items of each seed’s own as many', () => {
    const row = Array.from({ length: 30 }, (_, i) => Math.sin(3 * i))
    const rows = [0, 1, 2, 3].map(seed => row.map(value => value + 0.01 * seed))
    const own = rows.map((values, seed) => ({ values, units: values.map((_, i) => `${seed}/${i}`) }))
    const width = ([low, high]: readonly [number, number]) => high - low
    expect(width(onInstance(own).interval(0.05))).toBeLessThan(
      0.6 * width(onInstance(crossed(rows)).interval(0.05)),
    )
  })

  test('a larger difference than the detectable one is seldom missed: it lies outside the interval', () => {
    const { interval, detectable } = onInstance(crossed(golden.crossed[1].values))
    expect(detectable(0.05)).toBeGreaterThan((interval(0.05)[1] - interval(0.05)[0]) / 2)
    expect(detectable(0.001)).toBeGreaterThan(detectable(0.05))
  })

  test.each([[[]], [[[]]]])('refuses %j', rows => {
    expect(() => onInstance(crossed(rows))).toThrow(LayergymError)
  })
})
