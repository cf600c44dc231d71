import { describe, expect, test } from 'vitest'
import {
  constantShape,
  oneCycle,
  type Shape,
  slantedTriangle,
  warmUpAndCosine,
} from '../../../src/envs/finetune/shape.ts'

/** Factor at each share of the budget, from the sources' formulas by hand. */
const cases: readonly (readonly [string, Shape, readonly (readonly [number, number])[]])[] = [
  [
    'warm-up and cosine',
    warmUpAndCosine,
    [
      [0, 0.1],
      [0.005, 0.1],
      [0.05, 0.5],
      [0.1, 1],
      [0.325, (1 + Math.SQRT1_2) / 2],
      [0.55, 0.5],
      [0.999_999, 0],
    ],
  ],
  [
    'slanted triangle',
    slantedTriangle,
    [
      [0, 1 / 32],
      [0.05, (1 + 0.5 * 31) / 32],
      [0.1, 1],
      [0.55, (1 + 0.5 * 31) / 32],
      [1, 1 / 32],
    ],
  ],
  [
    'one cycle, up over a quarter from a 25th',
    oneCycle(0.25, 25),
    [
      [0, 1 / 25],
      [0.125, (1 + 1 / 25) / 2],
      [0.25, 1],
      [0.4375, 1e-5 + ((1 - 1e-5) * (1 + Math.SQRT1_2)) / 2],
      [0.625, (1 + 1e-5) / 2],
      [1, 1e-5],
      [1.2, 1e-5],
    ],
  ],
  [
    'constant',
    constantShape,
    [
      [0, 1],
      [0.7, 1],
    ],
  ],
]

describe.each(cases)('%s', (_, shape, points) => {
  test.each(points)('at %f', (progress, factor) => {
    expect(shape(progress)).toBeCloseTo(factor, 6)
  })
})
