import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { interquartileMean } from '../../../src/common/statistics.ts'
import { stratifiedIntervals } from '../../../src/runner/inference/bootstrap.ts'
import { intervalOf } from '../../../src/runner/inference/inference.ts'
import {
  AGGREGATES,
  type AggregateName,
  meanImprovement,
  performanceProfile,
  type Scores,
} from '../../../src/runner/inference/scores.ts'
import { stratifiedWelch, welch } from '../../../src/runner/inference/welch.ts'

const GOLDEN: {
  readonly x: Scores
  readonly y: Scores
  readonly aggregates: Readonly<
    Record<AggregateName, { readonly value: number; readonly interval: number[] }>
  >
  readonly thresholds: readonly number[]
  readonly profile: readonly number[]
  readonly profileBand: readonly (readonly number[])[]
  readonly probability: number
  readonly probabilityInterval: readonly number[]
  /** [environments][runs][points] */
  readonly curves: readonly (readonly (readonly number[])[])[]
  readonly curve: readonly number[]
  readonly curveBand: readonly (readonly number[])[]
  readonly welch: { readonly mean: number; readonly interval: readonly number[]; readonly p: number }
} = JSON.parse(readFileSync(new URL('../../golden/scores_rliable.json', import.meta.url), 'utf8'))
const { x, y } = GOLDEN
const NAMES = Object.keys(GOLDEN.aggregates) as AggregateName[]

/** Ends of an interval from other draws: of 20,000 in rliable's, 2,000 in ours. */
function expectNear(interval: readonly number[] | undefined, expected: readonly number[]): void {
  const width = expected[1] - expected[0]
  expected.forEach((end, i) => {
    expect(Math.abs((interval?.[i] ?? Number.NaN) - end)).toBeLessThanOrEqual(0.1 * width + 1e-9)
  })
}

describe('as rliable', () => {
  test.each(NAMES)('%s, and its interval but for its draws', name => {
    const of = AGGREGATES[name]
    expect(of(x)).toBeCloseTo(GOLDEN.aggregates[name].value, 12)
    const intervals = stratifiedIntervals(x, drawn => [of(drawn)], Rng.of(1, name))
    expectNear(intervals?.[0], GOLDEN.aggregates[name].interval)
  })

  test('performance profiles, and their bands', () => {
    const read = (scores: Scores) => performanceProfile(scores, GOLDEN.thresholds)
    read(x).forEach((share, i) => {
      expect(share).toBeCloseTo(GOLDEN.profile[i], 12)
    })
    const bands = stratifiedIntervals(x, read, Rng.of(1, 'profile')) ?? []
    // Shares are of 24 runs: an end may be one of them off.
    bands.forEach((band, i) => {
      band.forEach((end, side) => {
        expect(Math.abs(end - GOLDEN.profileBand[side][i])).toBeLessThanOrEqual(1 / 24 + 1e-9)
      })
    })
    expect(bands).toHaveLength(GOLDEN.thresholds.length)
  })

  test('the probability of improvement over environments, and its interval', () => {
    expect(meanImprovement(x, y)).toBeCloseTo(GOLDEN.probability, 12)
    const both = (drawn: Scores) => [meanImprovement(drawn.slice(0, x.length), drawn.slice(x.length))]
    expectNear(stratifiedIntervals([...x, ...y], both, Rng.of(1))?.[0], GOLDEN.probabilityInterval)
  })

  test('curves of the interquartile mean, and their bands', () => {
    const { curves, curve, curveBand } = GOLDEN
    const read = (drawn: typeof curves) =>
      curve.map((_, point) => interquartileMean(drawn.flat().map(run => run[point])))
    read(curves).forEach((value, i) => {
      expect(value).toBeCloseTo(curve[i], 12)
    })
    const bands = stratifiedIntervals(curves, read, Rng.of(1)) ?? []
    bands.forEach((band, i) => {
      expectNear(band, [curveBand[0][i], curveBand[1][i]])
    })
    expect(bands).toHaveLength(curve.length)
  })
})

describe('the stratified Welch test', () => {
  test('as scipy’s distribution says, over three environments', () => {
    const found = stratifiedWelch(x.map((own, i) => [own, y[i]]))
    expect(found?.mean).toBeCloseTo(GOLDEN.welch.mean, 12)
    expect(found?.p(0)).toBeCloseTo(GOLDEN.welch.p, 10)
    const interval = found === undefined ? [] : intervalOf(found)
    interval.forEach((end, i) => {
      expect(end).toBeCloseTo(GOLDEN.welch.interval[i], 10)
    })
  })

  test('over one stratum it is Welch’s', () => {
    expect(stratifiedWelch([[x[0], y[0]]])?.p(0)).toBe(welch(x[0], y[0])?.p(0))
  })

  test('nothing where a side has a single run, or there is no stratum', () => {
    expect(
      stratifiedWelch([
        [x[0], y[0]],
        [x[1], [1]],
      ]),
    ).toBeUndefined()
    expect(stratifiedWelch([])).toBeUndefined()
  })
})

test('each stratum is drawn from by itself, and one of a single member has no interval', () => {
  const strata = [
    [1, 1],
    [5, 5],
  ]
  expect(stratifiedIntervals(strata, ([a, b]) => [a[0], b[1]], Rng.of(1))).toEqual([
    [1, 1],
    [5, 5],
  ])
  expect(stratifiedIntervals([[1, 2], [3]], drawn => [drawn[0][0]], Rng.of(1))).toBeUndefined()
})
