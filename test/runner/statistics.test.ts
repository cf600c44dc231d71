import { readFileSync } from 'node:fs'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { LayergymError } from '../../src/common/error.ts'
import { median, quantile } from '../../src/common/quantile.ts'
import { Rng } from '../../src/common/random.ts'
import {
  interquartileMean,
  mean,
  meanInterval,
  pairedBootstrap,
  seedInflation,
  standardDeviation,
  welchInterval,
} from '../../src/runner/statistics.ts'

interface Golden {
  readonly samples: readonly {
    readonly values: readonly number[]
    readonly mean: number
    readonly standardDeviation: number
    readonly median: number
    readonly interquartileMean: number
    readonly interval: readonly [number, number]
    readonly quantiles: readonly (readonly [number, number])[]
  }[]
  readonly welch: readonly {
    readonly a: readonly number[]
    readonly b: readonly number[]
    readonly interval: readonly [number, number]
  }[]
  readonly inflation: readonly (readonly [number, number])[]
  readonly exact: {
    readonly differences: readonly (readonly number[])[]
    readonly mean: number
    readonly interval: readonly [number, number]
  }
  readonly oneSeed: { readonly differences: readonly number[]; readonly interval: readonly [number, number] }
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('../golden/bootstrap.json', import.meta.url), 'utf8'),
) as Golden

/** Student's quantiles are within 0.2 % of the true ones. */
function expectInterval(got: readonly [number, number] | undefined, expected: readonly [number, number]) {
  const width = expected[1] - expected[0]
  expected.forEach((bound, i) => {
    expect(Math.abs((got?.[i] ?? Number.NaN) - bound)).toBeLessThan(0.002 * width)
  })
}

describe('against numpy and scipy', () => {
  test.each(golden.samples)('mean, deviation, median and quantiles of $values.length values', sample => {
    expect(mean(sample.values)).toBeCloseTo(sample.mean, 12)
    expect(standardDeviation(sample.values)).toBeCloseTo(sample.standardDeviation, 12)
    expect(median(sample.values)).toBeCloseTo(sample.median, 12)
    for (const [q, value] of sample.quantiles) expect(quantile(sample.values, q)).toBeCloseTo(value, 12)
    expect(interquartileMean(sample.values)).toBeCloseTo(sample.interquartileMean, 12)
    expectInterval(meanInterval(sample.values), sample.interval)
  })

  test.each(golden.welch)('the difference of two means (Welch)', ({ a, b, interval }) => {
    expectInterval(welchInterval(a, b), interval)
    expect(welchInterval(a, [1])).toBeUndefined()
  })

  test.each(golden.inflation)('%i seeds widen their part by Student’s t', (seeds, factor) => {
    expect(seedInflation(seeds) / factor).toBeCloseTo(1, seeds <= 3 ? 12 : 2)
  })

  test('clips and seeds: the interval is that of all possible resamples', () => {
    const { mean: centre, interval } = pairedBootstrap(golden.exact.differences, Rng.of(1, 'exact'), 100_000)
    expect(centre).toBeCloseTo(golden.exact.mean, 12)
    expect(Math.abs(interval[0] - golden.exact.interval[0])).toBeLessThan(0.015)
    expect(Math.abs(interval[1] - golden.exact.interval[1])).toBeLessThan(0.015)
  })

  test('one seed: the interval is scipy’s percentile bootstrap over clips', () => {
    const { interval } = pairedBootstrap([golden.oneSeed.differences], Rng.of(1, 'clips'), 100_000)
    expect(Math.abs(interval[0] - golden.oneSeed.interval[0])).toBeLessThan(0.005)
    expect(Math.abs(interval[1] - golden.oneSeed.interval[1])).toBeLessThan(0.005)
  })
})

describe('paired bootstrap', () => {
  const matrix = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 12 }))
    .chain(([seeds, clips]) => {
      const value = fc.double({ min: -5, max: 5, noNaN: true })
      const row = fc.array(value, { minLength: clips, maxLength: clips })
      return fc.array(row, { minLength: seeds, maxLength: seeds })
    })

  property.prop([matrix, fc.integer()], { numRuns: 50 })(
    'same stream, same interval',
    (differences, seed) => {
      const first = pairedBootstrap(differences, Rng.of(seed), 200)
      expect(pairedBootstrap(differences, Rng.of(seed), 200)).toEqual(first)
      expect(first.interval[0]).toBeLessThanOrEqual(first.interval[1])
    },
  )

  property.prop([matrix], { numRuns: 50 })('swapping the two schedules mirrors the mean', differences => {
    const swapped = differences.map(row => row.map(value => -value))
    const { mean: centre } = pairedBootstrap(differences, Rng.of(1), 10)
    expect(pairedBootstrap(swapped, Rng.of(1), 10).mean).toBeCloseTo(-centre, 10)
  })

  test('equal differences have an interval of no width', () => {
    const { interval } = pairedBootstrap([Array(40).fill(1), Array(40).fill(1), Array(40).fill(1)], Rng.of(1))
    expect(interval).toEqual([1, 1])
  })

  test('the noise of seeds widens the interval though the clips agree', () => {
    const clips = (value: number): number[] => Array<number>(50).fill(value)
    const { interval } = pairedBootstrap([clips(0.2), clips(-0.1), clips(0.05)], Rng.of(1))
    expect(interval[0]).toBeLessThan(-0.1)
    expect(interval[1]).toBeGreaterThan(0.2)
  })

  test('between equal schedules, at most one comparison in twenty finds a difference', () => {
    const rng = Rng.of(3, 'null')
    let found = 0
    for (let trial = 0; trial < 200; trial++) {
      const differences = Array.from({ length: 3 }, () => {
        const shift = 0.05 * rng.normal()
        return Array.from({ length: 60 }, () => shift + 0.4 * rng.normal())
      })
      const { interval } = pairedBootstrap(differences, rng, 400)
      if (interval[0] > 0 || interval[1] < 0) found++
    }
    expect(found).toBeLessThanOrEqual(10)
  })

  test.each([[[]], [[[]]], [[[1, 2], [1]]]])('refuses %j', differences => {
    expect(() => pairedBootstrap(differences, Rng.of(1))).toThrow(LayergymError)
  })
})
