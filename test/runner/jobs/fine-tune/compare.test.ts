import { describe, expect, test } from 'vitest'
import type { LayergymError } from '../../../../src/common/error.ts'
import { Rng } from '../../../../src/common/random.ts'
import {
  compareSchedules,
  compareWithBaselines,
  type SchedulePredictions,
} from '../../../../src/runner/jobs/fine-tune/compare.ts'
import { predict } from '../../../fixtures/summary.ts'
import { fc, property } from '../../../support/property.ts'

describe('compareSchedules', () => {
  test('a clear gain is better, its mirror worse, by the same amount', () => {
    const strong = predict(0.9, 5, 80, Rng.of(1))
    const weak = predict(0.5, 5, 80, Rng.of(2))
    const gain = compareSchedules({ policy: strong, baseline: weak })
    const loss = compareSchedules({ policy: weak, baseline: strong })
    expect(gain.verdict).toBe('better')
    expect(gain.accuracyInterval[0]).toBeGreaterThan(0)
    expect(loss.verdict).toBe('worse')
    expect(loss.accuracyDifference).toBeCloseTo(-gain.accuracyDifference, 12)
    expect([gain.clips, gain.seeds]).toEqual([80, 5])
  })

  test('the differences are the plain means, policy minus baseline', () => {
    const policy = constant([1, 1, 0, 1], 0.5)
    const baseline = constant([1, 0, 0, 0], 0.75)
    const { accuracyDifference, lossDifference } = compareSchedules({ policy, baseline })
    expect(accuracyDifference).toBeCloseTo(0.5, 12)
    expect(lossDifference).toBeCloseTo(-0.25, 12)
  })

  property([fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 }), fc.integer()], {
    numRuns: 25,
  })('a schedule against itself is undecided at exactly 0', (seeds, clips, seed) => {
    const same = predict(0.6, seeds, clips, Rng.of(seed))
    const comparison = compareSchedules({ policy: same, baseline: same })
    expect(comparison).toMatchObject({ accuracyInterval: [0, 0], lossInterval: [0, 0], verdict: 'undecided' })
  })

  test.each([
    { seeds: 2, clips: 200 },
    { seeds: 5, clips: 29 },
  ])('$seeds seeds and $clips clips decide nothing, however large the difference', ({ seeds, clips }) => {
    const policy = predict(0.99, seeds, clips, Rng.of(1))
    const baseline = predict(0.05, seeds, clips, Rng.of(2))
    const comparison = compareSchedules({ policy, baseline })
    expect(comparison.accuracyInterval[0]).toBeGreaterThan(0)
    expect(comparison.verdict).toBe('undecided')
  })

  test('one gain among many baselines must be the larger for their number', () => {
    const policy = predict(0.7, 5, 80, Rng.of(1))
    const weaker = predict(0.45, 5, 80, Rng.of(2))
    const alike = Array.from(
      { length: 40 },
      (_, i) => [`alike ${i}`, predict(0.7, 5, 80, Rng.of(10 + i))] as const,
    )
    const alone = compareSchedules({ policy, baseline: weaker })
    const among = compareWithBaselines({ policy, baselines: { weaker, ...Object.fromEntries(alike) } })
    expect(alone.verdict).toBe('better')
    expect(among.weaker).toMatchObject({
      verdict: 'undecided',
      p: alone.p,
      accuracyInterval: alone.accuracyInterval,
    })
    expect(among.weaker.adjusted).toBeGreaterThan(alone.adjusted)
    expect(among.weaker.detectable).toBeGreaterThan(alone.detectable)
  })

  test('not worse: by the margin that was stated, and only where there is enough to tell', () => {
    const policy = predict(0.9, 5, 400, Rng.of(1))
    const near = compareSchedules({ policy, baseline: policy, margin: 0.02 })
    expect(near).toMatchObject({ verdict: 'undecided', notWorse: true, margin: 0.02 })
    const noisy = predict(0.9, 5, 40, Rng.of(2))
    expect(compareSchedules({ policy: noisy, baseline: predict(0.9, 5, 40, Rng.of(3)) }).notWorse).toBe(false)
    const few = { perSeed: policy.perSeed.slice(0, 2) }
    expect(compareSchedules({ policy: few, baseline: few }).notWorse).toBe(false)
  })

  test('clips of few recordings tell less than as many recordings', () => {
    const policy = predict(0.75, 5, 80, Rng.of(1))
    const baseline = predict(0.5, 5, 80, Rng.of(2))
    const units = Array.from({ length: 80 }, (_, i) => String(i % 4))
    expect(compareSchedules({ policy, baseline, units }).p).toBeGreaterThan(
      compareSchedules({ policy, baseline }).p,
    )
  })

  test('a lower loss at lower accuracy is no gain', () => {
    const policy = constant([...Array<0 | 1>(39).fill(1), 0], 0.2)
    const baseline = constant(Array<0 | 1>(40).fill(1), 0.9)
    expect(compareSchedules({ policy, baseline }).verdict).toBe('undecided')
  })

  test('seeds or clips that differ, and losses that are not finite, are refused', () => {
    const fine = predict(0.5, 3, 10, Rng.of(1))
    const refuse = (policy: SchedulePredictions, code: string): void =>
      expect(() => compareSchedules({ policy, baseline: fine })).toThrow(
        expect.objectContaining({ code }) as LayergymError,
      )
    refuse(predict(0.5, 2, 10, Rng.of(1)), 'compare.shape')
    refuse(predict(0.5, 3, 9, Rng.of(1)), 'compare.shape')
    refuse({ perSeed: [] }, 'compare.shape')
    refuse(
      { perSeed: fine.perSeed.map(() => Array(10).fill({ correct: 0, loss: Number.NaN })) },
      'compare.loss',
    )
  })
})

function constant(correct: readonly (0 | 1)[], loss: number): SchedulePredictions {
  return { perSeed: Array.from({ length: 3 }, () => correct.map(value => ({ correct: value, loss }))) }
}
