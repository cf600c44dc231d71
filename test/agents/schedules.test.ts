import { describe, expect, test } from 'vitest'
import { BASELINES, type BaselineName, baselineNames } from '../../src/agents/schedules/baselines.ts'
import type { Schedule } from '../../src/agents/schedules/schedule.ts'
import { rateLimits } from '../../src/envs/finetune/actions.ts'
import type { GroupStatistics } from '../../src/envs/finetune/features.ts'

const limits = rateLimits(1e-4)
const GROUPS = 4
const trial = { rate: 1e-4, headRate: 1e-3, length: 1 }

/** Rates at these points of a run, 0 where frozen; gradient norms a group where the schedule reads them. */
function ratesOf(name: BaselineName, points: readonly number[], norms: readonly (readonly number[])[] = []) {
  const schedule: Schedule = BASELINES[name]
  const decide = schedule.begin(trial, { groups: GROUPS, limits, epoch: 0.25 })
  return points.map((progress, i) => {
    const statistics = (norms[i] ?? []).map(
      gradientNorm => ({ gradientNorm, weightNorm: 1 }) as GroupStatistics,
    )
    return decide({ progress, statistics }).map(({ frozen, learningRate }) => (frozen ? 0 : learningRate))
  })
}

test.each(baselineNames)('%s: trials within the limits, no more than asked for, all groups set', name => {
  const schedule: Schedule = BASELINES[name]
  for (const { rate, headRate } of schedule.trials(5, limits, 4)) {
    if (rate > 0) expect(rate).toBeGreaterThanOrEqual(limits.minimum)
    expect(headRate).toBeLessThanOrEqual(limits.maximum)
    expect(headRate).toBeGreaterThanOrEqual(limits.minimum)
  }
  const [settings] = ratesOf(name, [0], [[1, 1, 1, 1]])
  expect(settings).toHaveLength(GROUPS)
  expect(settings[GROUPS - 1]).toBeGreaterThan(0)
  for (const rate of settings) expect(rate === 0 || rate >= limits.minimum).toBe(true)
})

describe('what each does', () => {
  test('the linear probe never moves the backbone; full fine-tuning always', () => {
    const probe: Schedule = BASELINES.linearProbe
    const decide = probe.begin(probe.trials(1, limits, 1)[0], { groups: GROUPS, limits, epoch: 0.25 })
    expect(decide({ progress: 0, statistics: [] }).map(({ frozen }) => frozen)).toEqual([
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

  test('LP-FT: the head for half of the run, then everything', () => {
    expect(ratesOf('lpFt', [0, 0.49, 0.5, 0.9])).toEqual([
      [0, 0, 0, 1e-3],
      [0, 0, 0, 1e-3],
      [1e-4, 1e-4, 1e-4, 1e-3],
      [1e-4, 1e-4, 1e-4, 1e-3],
    ])
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

  test('cosine: from the whole rate over half of it towards the least', () => {
    const [[first], [half], [last]] = ratesOf('cosine', [0, 0.5, 1])
    expect(first).toBeCloseTo(1e-4, 12)
    expect(half).toBeCloseTo(0.5e-4, 12)
    expect(last).toBe(limits.minimum)
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
