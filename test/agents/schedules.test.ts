import { describe, expect, test } from 'vitest'
import { BASELINES, type BaselineName, baselineNames } from '../../src/agents/schedules/baselines.ts'
import { type Schedule, shapeOf, trialAt } from '../../src/agents/schedules/schedule.ts'
import { rateLimits } from '../../src/envs/finetune/actions.ts'
import type { GroupStatistics } from '../../src/envs/finetune/features.ts'

const limits = rateLimits(1e-4)
const GROUPS = 4
const TERMS = { groups: GROUPS, limits, epoch: 0.25, blocks: [2, 3, 1, 0] }
const trial = { rate: 1e-4, headRate: 1e-3, length: 1 }

/** Rates at these points of a run, 0 where frozen; gradient norms a group where the schedule reads them. */
function ratesOf(name: BaselineName, points: readonly number[], norms: readonly (readonly number[])[] = []) {
  const schedule: Schedule = BASELINES[name]
  const decide = schedule.begin(trial, TERMS)
  return points.map((progress, i) => {
    const statistics = (norms[i] ?? []).map(
      gradientNorm => ({ gradientNorm, weightNorm: 1 }) as GroupStatistics,
    )
    return decide({ progress, statistics }).map(({ frozen, learningRate }) => (frozen ? 0 : learningRate))
  })
}

test.each(baselineNames)('%s: trials within the limits, all groups set, rates that end low', name => {
  const schedule: Schedule = BASELINES[name]
  for (const exponent of [-3, -2, -1, 0, 1, 2, 3]) {
    const at = trialAt(schedule, exponent, limits)
    if (at === undefined) continue
    if (at.rate > 0) expect(at.rate).toBeGreaterThanOrEqual(limits.minimum)
    expect(at.headRate).toBeLessThanOrEqual(limits.maximum)
    expect(at.headRate).toBeGreaterThanOrEqual(limits.minimum)
  }
  const [settings] = ratesOf(name, [0], [[1, 1, 1, 1]])
  expect(settings).toHaveLength(GROUPS)
  if (!schedule.solved) expect(settings[GROUPS - 1]).toBeGreaterThan(0)
  const shape = shapeOf(schedule, TERMS)
  const factors = Array.from({ length: 100 }, (_, i) => shape(i / 100))
  expect(Math.max(...factors)).toBeGreaterThan(0.9)
  expect(Math.max(...factors)).toBeLessThanOrEqual(1 + 1e-12)
  expect(Math.min(...factors)).toBeGreaterThan(0)
  expect(factors[99]).toBeLessThan(0.06)
  for (const rate of settings) expect(rate === 0 || rate >= limits.minimum).toBe(true)
})

describe('what each does', () => {
  test('the linear probe trains nothing, the head alone never the backbone, full fine-tuning all', () => {
    expect(ratesOf('linearProbe', [0])).toEqual([[0, 0, 0, 0]])
    const alone = BASELINES.headOnly.begin(BASELINES.headOnly.trial(limits), TERMS)
    expect(alone({ progress: 0, statistics: [] }).map(({ frozen }) => frozen)).toEqual([
      true,
      true,
      true,
      false,
    ])
    expect(ratesOf('fullFineTune', [0, 0.9])).toEqual([
      [1e-4, 1e-4, 1e-4, 1e-3],
      [1e-4, 1e-4, 1e-4, 1e-3],
    ])
  })

  test('top k: everything for an epoch, then the head and the half with the largest gradients, once for all', () => {
    const norms = [
      [1, 2, 3, 9],
      [3, 1, 2, 9],
      [1, 2, 3, 9],
    ]
    expect(ratesOf('topK', [0, 0.25, 0.5], norms)).toEqual([
      [1e-4, 1e-4, 1e-4, 1e-3],
      [1e-4, 0, 1e-4, 1e-3],
      [1e-4, 0, 1e-4, 1e-3],
    ])
  })

  test("LP-FT: everything, from the probe's solution", () => {
    expect(ratesOf('lpFt', [0])).toEqual([[1e-4, 1e-4, 1e-4, 1e-3]])
    expect(BASELINES.lpFt.fromProbe).toBe(true)
  })

  test('layer decay: a group has the mean of 0.75 to the power of the blocks above each of its own', () => {
    const [[first, second, third, head]] = ratesOf('layerDecay', [0])
    expect(third).toBeCloseTo(1e-4, 12)
    expect(second).toBeCloseTo((1e-4 * (0.75 + 0.75 ** 2 + 0.75 ** 3)) / 3, 12)
    expect(first).toBeCloseTo((1e-4 * (0.75 ** 4 + 0.75 ** 5)) / 2, 12)
    expect(head).toBe(1e-3)
  })

  test('fine_tune: the head for an epoch, then all at half its rate, a hundredth of that at the input', () => {
    const [before, after] = ratesOf('fineTune', [0.24, 0.25])
    expect(before).toEqual([0, 0, 0, 1e-3])
    expect(after[3]).toBeCloseTo(5e-4, 12)
    expect(after[0]).toBeCloseTo(5e-6, 12)
    expect(after[1] / after[0]).toBeCloseTo(after[2] / after[1], 9)
    // fit_one_cycle's figures: from 1/25 to 1 over 99 %, then from 1/5 to 1 over 30 % and down to 1e-5.
    const shape = shapeOf(BASELINES.fineTune, TERMS)
    expect(shape(0)).toBeCloseTo(1 / 25, 9)
    expect(shape(0.25 * 0.99)).toBeCloseTo(1, 9)
    expect(shape(0.25)).toBeCloseTo(1 / 5, 9)
    expect(shape(0.25 + 0.75 * 0.3)).toBeCloseTo(1, 9)
    expect(shape(1)).toBeCloseTo(1e-5, 9)
  })

  test('discriminative rates: 2.6 between neighbours', () => {
    const [[a, b, c, head]] = ratesOf('discriminative', [0])
    expect(c).toBeCloseTo(1e-4, 12)
    expect(c / b).toBeCloseTo(2.6, 9)
    expect(b / a).toBeCloseTo(2.6, 9)
    expect(head).toBe(1e-3)
  })

  test('gradual unfreezing: one group more in each quarter, from the head down', () => {
    const thawed = ratesOf('gradualUnfreezing', [0, 0.24, 0.25, 0.5, 0.75, 1]).map(
      rates => rates.filter(rate => rate > 0).length,
    )
    expect(thawed).toEqual([1, 1, 2, 3, 4, 4])
    expect(ratesOf('gradualUnfreezing', [0.25])[0].map(rate => rate > 0)).toEqual([false, false, true, true])
  })

  test('by default rates rise over a tenth and fall along half a cosine', () => {
    const shape = shapeOf(BASELINES.fullFineTune, TERMS)
    const at = [0, 0.05, 0.1, 0.55].map(shape)
    expect(at[0]).toBeCloseTo(0.1, 12)
    expect(at[1]).toBeCloseTo(0.5, 12)
    expect(at[2]).toBeCloseTo(1, 12)
    expect(at[3]).toBeCloseTo(0.5, 12)
  })

  test('Auto-RGN: rates follow relative gradient norms, the largest at the full rate', () => {
    expect(ratesOf('autoRgn', [0], [[1, 4, 2, 4]])[0]).toEqual([0.25e-4, 1e-4, 0.5e-4, 1e-3])
  })

  test('AutoFreeze: from the input on, groups whose gradient changes less than the median; never back, never the last', () => {
    const points = [0, 0.2, 0.4, 0.6, 0.8]
    const frozen = (norms: readonly (readonly number[])[]) =>
      ratesOf('autoFreeze', points, norms).map(rates => rates.filter(rate => rate === 0).length)
    // What is measured before the first step isn't compared with. Then group 0 changes least; group 1, which
    // lies in front of group 2, changes as much as the median. Group 1 follows when it changes less than group 2.
    expect(
      frozen([
        [9, 9, 9, 9],
        [1, 1, 1, 1],
        [1.01, 1.5, 1.9, 3],
        [1.01, 1.6, 2.9, 3],
        [5, 5, 2.9, 9],
      ]),
    ).toEqual([0, 0, 1, 2, 2])
    const still = [1, 1, 1, 1]
    expect(frozen([still, still, still, still, still])).toEqual([0, 0, 0, 0, 0])
  })
})
