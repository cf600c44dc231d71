import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import {
  iqmInterval,
  meanOverSteps,
  probabilityOfImprovement,
} from '../../../src/runner/inference/aggregate.ts'

const GOLDEN: {
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly probability: number
  readonly iqmInterval: readonly number[]
} = JSON.parse(readFileSync(new URL('../../golden/aggregate_rliable.json', import.meta.url), 'utf8'))

describe('as rliable', () => {
  test('the probability of improvement, ties half', () => {
    expect(probabilityOfImprovement(GOLDEN.x, GOLDEN.y)).toBeCloseTo(GOLDEN.probability, 12)
    expect(probabilityOfImprovement([1], [1])).toBe(0.5)
  })

  test("the bootstrap's interval of the interquartile mean, but for its draws", () => {
    const [low, high] = iqmInterval(GOLDEN.x, Rng.of(1, 'iqm')) ?? []
    expect(low).toBeCloseTo(GOLDEN.iqmInterval[0], 1)
    expect(high).toBeCloseTo(GOLDEN.iqmInterval[1], 1)
    expect(iqmInterval(GOLDEN.x, Rng.of(1, 'iqm'))).toEqual([low, high])
    expect(iqmInterval([1], Rng.of(1))).toBeUndefined()
  })
})

test('the mean over steps weighs by steps, not by points', () => {
  const points = [
    { step: 0, value: 0 },
    { step: 10, value: 10 },
    { step: 100, value: 10 },
  ]
  expect(meanOverSteps(points)).toBeCloseTo(9.5, 12)
  expect(meanOverSteps(points.slice(1, 2))).toBeNaN()
})
