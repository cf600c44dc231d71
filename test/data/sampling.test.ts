import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { randomSegmentIndices, uniformIndices } from '../../src/data/sampling.ts'
import { fc, property } from '../support/property.ts'

const gaps = fc.array(fc.double({ min: 0.001, max: 2, noNaN: true }), { minLength: 1, maxLength: 60 })
const timesOf = (steps: readonly number[]) => {
  let time = 0.3
  return steps.map(step => {
    time += step
    return time
  })
}
const regular = (n: number) => Array.from({ length: n }, (_, i) => i / 25)

describe('sampling by presentation time', () => {
  property([gaps, fc.integer({ min: 1, max: 40 }), fc.integer()])(
    'gives as many frames as asked, ascending, within the clip',
    (steps, count, seed) => {
      const times = timesOf(steps)
      const rng = Rng.of(seed)
      for (const indices of [uniformIndices(times, count), randomSegmentIndices(times, count, rng)]) {
        expect(indices).toHaveLength(count)
        expect(indices).toEqual([...indices].sort((a, b) => a - b))
        expect(indices.every(i => Number.isInteger(i) && i >= 0 && i < times.length)).toBe(true)
      }
    },
  )

  property([fc.integer({ min: 1, max: 90 })])('all frames when as many as there are are asked', n => {
    expect(uniformIndices(regular(n), n)).toEqual([...Array(n).keys()])
  })

  test('the frame at the middle of each segment', () => {
    expect(uniformIndices(regular(32), 8)).toEqual([2, 6, 10, 14, 18, 22, 26, 30])
    expect(uniformIndices(regular(9), 3)).toEqual([1, 4, 7])
  })

  test('a clip of fewer frames repeats them evenly', () => {
    expect(uniformIndices(regular(3), 6)).toEqual([0, 0, 1, 1, 2, 2])
    expect(uniformIndices([0], 4)).toEqual([0, 0, 0, 0])
  })

  test('time counts, not the number of frames', () => {
    // Ten frames in the first second, then one a second.
    const times = [...Array.from({ length: 10 }, (_, i) => i / 10), 1, 2, 3, 4]
    const second = uniformIndices(times, 4).map(i => Math.floor(times[i]))
    expect(new Set(second).size).toBeGreaterThanOrEqual(4)
  })

  test('random segments reach every frame, each within its segment', () => {
    const rng = Rng.of(3)
    const seen = new Set<number>()
    for (let i = 0; i < 500; i++) {
      const indices = randomSegmentIndices(regular(32), 8, rng)
      for (const [segment, index] of indices.entries()) expect(Math.floor(index / 4)).toBe(segment)
      for (const index of indices) seen.add(index)
    }
    expect(seen.size).toBe(32)
    expect(randomSegmentIndices(regular(32), 8, Rng.of(9))).toEqual(
      randomSegmentIndices(regular(32), 8, Rng.of(9)),
    )
  })

  test('a clip without frames is refused', () => {
    expect(() => uniformIndices([], 3)).toThrow(RangeError)
  })
})
