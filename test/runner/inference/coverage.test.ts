import { describe, expect, test } from 'vitest'
import { coverageOf, fineTuneClaims, tableClaims } from '../../../bench/support/coverage.ts'
import { one, type World } from '../../../bench/support/null-worlds.ts'
import { pigeonholeInterval } from '../../../bench/support/pigeonhole.ts'
import { Rng } from '../../../src/common/random.ts'
import { mean } from '../../../src/common/statistics.ts'
import { acrossInstances } from '../../../src/runner/inference/across-instances.ts'
import { intervalOf } from '../../../src/runner/inference/inference.ts'
import type { Interval } from '../../../src/runner/inference/statistics.ts'

/** A small bench/coverage.ts. Of 200 cases at 5 %, 19 and more are found in one run of a hundred. */
const SIMULATIONS = 200
const AT_MOST = 18

const several = (instances: number, tail: World['tail']): World => ({
  instances,
  seeds: 3,
  items: 200,
  tail,
  runs: 'small',
})

describe('equal contenders, one instance', () => {
  test.each([
    one(3, 30, 'small'),
    one(3, 80, 'collapses'),
    one(5, 80, 'large'),
    { ...one(3, 60, 'small'), redrawn: true },
  ])('$seeds seeds, $items items, $runs', world => {
    const { misses, claims } = coverageOf(world, SIMULATIONS, Rng.of(1, 'one'))
    expect([misses <= AT_MOST, claims <= AT_MOST]).toEqual([true, true])
  })
})

describe('equal contenders, several instances', () => {
  test.each([several(2, 'normal'), several(6, 'heavy'), several(12, 'odd'), several(12, 'skewed')])(
    '$instances, $tail',
    world => {
      const { misses, claims } = coverageOf(world, SIMULATIONS, Rng.of(1, 'several'))
      expect(misses).toBeLessThanOrEqual(AT_MOST)
      expect(claims).toBeLessThanOrEqual(AT_MOST)
      if (world.instances < 6) expect(claims).toBe(0)
    },
  )

  test('two odd instances of twelve, whose others differ little: the interval before claims falsely, this one does not', () => {
    const rng = Rng.of(1, 'two odd')
    const found = { before: 0, now: 0 }
    for (let i = 0; i < 2 * SIMULATIONS; i++) {
      const effects = Array.from({ length: 12 }, (_, k) => (k < 2 ? 0.4 : 0.005) * rng.normal())
      const rows = Array.from({ length: 5 }, () => effects.map(effect => effect + 0.002 * rng.normal()))
      const values = effects.map((_, k) => mean(rows.map(row => row[k])))
      const outside = ([low, high]: Interval) => low > 0 || high < 0
      if (outside(pigeonholeInterval(rows, rng, 1000))) found.before++
      if (outside(intervalOf(acrossInstances(values, () => rng)))) found.now++
    }
    expect(found.before / (2 * SIMULATIONS)).toBeGreaterThan(0.08)
    expect(found.now / (2 * SIMULATIONS)).toBeLessThan(0.02)
  })

  test('what is called detectable is found in about four of five cases', () => {
    for (const world of [several(12, 'normal'), one(5, 80, 'small')]) {
      const { found } = coverageOf(world, SIMULATIONS, Rng.of(1, 'power'))
      expect(found / SIMULATIONS).toBeGreaterThan(0.68)
      expect(found / SIMULATIONS).toBeLessThan(0.92)
    }
  })
})

test('a method against itself, as fine-tune compares: accuracy and loss, one baseline', () => {
  const { claims } = fineTuneClaims(one(3, 80, 'large'), 1, SIMULATIONS, Rng.of(1, 'fine-tune'))
  expect(claims).toBeLessThanOrEqual(AT_MOST)
})

test('a table of twelve equal contenders, all pairs: few hold any claim, where most did', () => {
  const table = tableClaims({ ...several(12, 'normal'), seeds: 5, items: 100 }, 'all', 40, Rng.of(1, 'table'))
  // At 5 %, 7 of 40 and more are found in one run of two hundred.
  expect(table.claims).toBeLessThanOrEqual(6)
  expect(table.before / table.beforeOf).toBeGreaterThan(0.4)
})
