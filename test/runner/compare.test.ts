import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { LayergymError } from '../../src/common/error.ts'
import { Rng } from '../../src/common/random.ts'
import { compareSchedules, compareWithBaselines, type SchedulePredictions } from '../../src/runner/compare.ts'
import type { Comparison, ScheduleSummary, Verdict } from '../../src/runner/summary.ts'
import { verdict } from '../../src/runner/verdict.ts'
import { predict } from '../fixtures/summary.ts'

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

  property.prop([fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 }), fc.integer()], {
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

describe('verdict', () => {
  test('worth it by accuracy: says how much, at what cost, on how much evidence', () => {
    const result = judge({ probe: { accuracy: [0.08, 0.02, 0.14] }, full: { accuracy: [0.05, 0.01, 0.09] } })
    expect(result).toMatchObject({ worthIt: true, outcome: 'yes' })
    expect(result.headline).toContain('beats the best baseline, full, by 5.0 points')
    expect(result.text).toContain('80 test clips and 5 seeds')
    expect(result.text).toContain('50.0 TFLOP')
    expect(result.text).toMatch(/in FLOPs 2\.5 times that, in time 5\.0 times/)
  })

  test('beating all but the best baseline is not worth it', () => {
    const result = judge({ probe: { accuracy: [0.08, 0.02, 0.14] }, full: { accuracy: [0.01, -0.05, 0.06] } })
    expect(result).toMatchObject({ worthIt: false, outcome: 'no' })
    expect(result.headline).toContain('does not measurably beat the best baseline, full')
    expect(result.text).toContain('Use the cheapest baseline that it does not beat: full')
  })

  test('by loss only where every baseline’s loss is beaten and accuracy is no worse', () => {
    const byLoss = { accuracy: [0.01, -0.05, 0.06], loss: [-0.3, -0.4, -0.2] } as const
    expect(judge({ full: byLoss })).toMatchObject({ worthIt: true, outcome: 'yes' })
    expect(judge({ full: byLoss }).headline).toContain('by loss alone')
    expect(judge({ full: { ...byLoss, accuracy: [-0.01, -0.07, 0.05] } }).worthIt).toBe(false)
    const lowerElsewhere = { accuracy: [0.1, 0.02, 0.2], loss: [0.1, -0.05, 0.2] } as const
    expect(judge({ full: byLoss, probe: lowerElsewhere }).worthIt).toBe(false)
  })

  test('a baseline that beats the policy is named, and the cheapest of those recommended', () => {
    const worse = { accuracy: [-0.1, -0.2, -0.05], loss: [0.2, 0.1, 0.3] } as const
    const result = judge({ probe: worse, full: { ...worse, accuracy: [-0.12, -0.2, -0.05] } })
    expect(result.headline).toContain('the best baseline, full, beats the learned policy')
    expect(result.text).toContain('Use the cheapest baseline that beats it: probe')
    expect(result.text).toContain('The best mean accuracy is that of full')
  })

  test('too little evidence: undecided, and the singular is right', () => {
    const result = judge({ full: { accuracy: [0.9, 0.8, 1] } }, { seeds: 1, clips: 1 })
    expect(result).toMatchObject({ worthIt: false, outcome: 'undecided' })
    expect(result.headline).toContain('1 seed, at least 3 needed; 1 test clip, at least 30 needed')
    expect(result.text).not.toMatch(/\b1 (seeds|test clips|points)\b/)
    expect(judge({ full: { accuracy: [0.9, 0.8, 1] } }, { seeds: 2, clips: 80 }).headline).not.toContain(
      'clip',
    )
  })

  test('without baselines nothing is claimed', () => {
    expect(judge({})).toMatchObject({ worthIt: false, outcome: 'undecided' })
  })

  test('a baseline without a comparison is left out', () => {
    const result = verdict({
      policy: scheduleOf(0.6, 0.9),
      baselines: { full: scheduleOf(0.9, 0.1) },
      comparison: {},
    })
    expect(result.outcome).toBe('undecided')
  })
})

type Range = readonly [difference: number, low: number, high: number]

/** A verdict over baselines with these differences; the policy has accuracy 0.6 and loss 0.9. */
function judge(
  rivals: Readonly<Record<string, { readonly accuracy: Range; readonly loss?: Range }>>,
  evidence = { seeds: 5, clips: 80 },
): Verdict {
  const entries = Object.entries(rivals).map(([name, { accuracy, loss = [0, -0.1, 0.1] as const }]) => {
    const better = accuracy[1] > 0 || (loss[2] < 0 && accuracy[0] >= 0)
    const worse = accuracy[2] < 0
    const comparison: Comparison = {
      p: better || worse ? 0.001 : 0.5,
      adjusted: accuracy[1] > 0 || worse ? 0.01 : 1,
      lossP: 0.5,
      lossAdjusted: loss[2] < 0 || loss[1] > 0 ? 0.01 : 1,
      detectable: 0.1,
      margin: 0.02,
      notWorse: accuracy[1] > -0.02,
      accuracyDifference: accuracy[0],
      accuracyInterval: [accuracy[1], accuracy[2]],
      lossDifference: loss[0],
      lossInterval: [loss[1], loss[2]],
      ...evidence,
      verdict: better ? 'better' : worse ? 'worse' : 'undecided',
    }
    const cost = name === 'probe' ? 1e13 : 2e13
    return { name, comparison, schedule: scheduleOf(0.6 - accuracy[0], 0.9 - loss[0], cost) }
  })
  return verdict({
    policy: { ...scheduleOf(0.6, 0.9, 5e13), total: { flops: 5e13, seconds: 500 } },
    baselines: Object.fromEntries(entries.map(({ name, schedule }) => [name, schedule])),
    comparison: Object.fromEntries(entries.map(({ name, comparison }) => [name, comparison])),
  })
}

function scheduleOf(accuracy: number, loss: number, flops = 1e13): ScheduleSummary {
  return {
    accuracy,
    balancedAccuracy: accuracy,
    loss,
    perSeed: [],
    flops: 1e12,
    seconds: 10,
    total: { flops, seconds: 100 },
  }
}

function constant(correct: readonly (0 | 1)[], loss: number): SchedulePredictions {
  return { perSeed: Array.from({ length: 3 }, () => correct.map(value => ({ correct: value, loss }))) }
}
