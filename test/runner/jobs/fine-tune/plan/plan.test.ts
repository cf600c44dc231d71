import { describe, expect, test } from 'vitest'
import { BASELINES, type BaselineName, baselineNames } from '../../../../../src/agents/schedules/baselines.ts'
import { parseConfig } from '../../../../../src/common/settings.ts'
import { rateLimits } from '../../../../../src/envs/finetune/actions.ts'
import { fineTuneSchema, withBaselines, withFormat } from '../../../../../src/runner/instances/config.ts'
import {
  SEARCH_SEEDS,
  searchSchedule,
  triesLonger,
} from '../../../../../src/runner/instances/schedule-search.ts'
import type { ScheduleRun } from '../../../../../src/runner/instances/trained.ts'
import { estimate, planOf } from '../../../../../src/runner/jobs/fine-tune/plan/plan.ts'
import type { Workload } from '../../../../../src/runner/jobs/fine-tune/plan/workload.ts'
import { totalOf } from '../../../../../src/runner/runs/phase.ts'
import { fc, property } from '../../../../support/property.ts'

const work: Workload = {
  batchSize: 16,
  clips: { train: 100, probe: 8, reward: 32, test: 64 },
  flops: { full: 3e9, head: 1e6, forward: 1e9, headForward: 3e5 },
  replays: 0,
  needsBaseline: false,
  schedule: name => BASELINES[name as BaselineName],
}
const configOf = (values: Record<string, unknown>) =>
  withBaselines(withFormat(parseConfig(fineTuneSchema, { model: 'm', data: 'd', ...values }), {}), {
    head: { units: 2, activation: 'softmax', start: new Float32Array(2) },
  })
const seconds = { full: 1, head: 0.01, statistics: 0.5, evaluation: 0.7, headEvaluation: 0.02 }

describe('the plan', () => {
  property([
    fc.constantFrom(...baselineNames),
    fc.integer({ min: 1, max: 9 }),
    fc.constantFrom(1e-6, 1e-4, 1e-2),
    fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
  ])('holds the runs of a search, whatever comes out of them', async (name, rates, learningRate, scores) => {
    const config = configOf({ baselines: [name], baselineRates: rates, learningRate })
    const [{ runs }] = planOf(config, work)
    let budgets = 0
    await searchSchedule(BASELINES[name], {
      limits: rateLimits(learningRate),
      rates,
      seeds: Array.from({ length: SEARCH_SEEDS }, (_, i) => i),
      longer: triesLonger(BASELINES[name], rates),
      run: async ({ length }) => {
        budgets += length
        return { score: scores.next().value, clipScores: [0, 1] } as unknown as ScheduleRun
      },
    })
    expect(budgets).toBeGreaterThanOrEqual(runs.least)
    expect(budgets).toBeLessThanOrEqual(runs.most)
  })

  test('goes from searches over episodes to final runs', () => {
    const config = configOf({ baselines: 'linearProbe,fullFineTune,fromScratch', episodes: 20 })
    expect(planOf(config, work).map(({ part, of, runs }) => [part, of, runs.least, runs.most])).toEqual([
      ['searches', 'linearProbe', 1, 1],
      // Three to five rates, the best two again, once twice the budget.
      ['searches', 'fullFineTune', 7, 9],
      ['searches', 'fromScratch', 5, 7],
      ['episodes', 'policy', 21, 21],
      ['final runs', 'policy', 3, 3],
      ['final runs', 'linearProbe', 3, 3],
      ['final runs', 'fullFineTune', 3, 9],
      ['final runs', 'fromScratch', 3, 3],
    ])
  })

  test('an applied policy has no episodes but the greedy run', () => {
    const [episodes] = planOf(configOf({ baselines: 'none', policy: 'p.json' }), work)
    expect(episodes).toMatchObject({ part: 'episodes', runs: { least: 1, most: 1 } })
  })

  test('takes what its steps take', () => {
    const config = configOf({ baselines: 'fullFineTune', baselineRates: 1, baselineSeeds: 1, episodes: 0 })
    const [search] = estimate(planOf({ ...config, budgetSteps: 10, roundSteps: 5 }, work), seconds)
    // An evaluation at the start and one after each round, of 5 and 4 steps: together the FLOPs of 10 steps.
    expect(search.seconds.least).toBeCloseTo(9 * 1 + 3 * 0.7)
    expect(search.seconds.most).toBe(search.seconds.least)
  })

  test('twice as slow an engine takes twice as long, more episodes longer', () => {
    const total = (values: Record<string, unknown>, factor = 1) => {
      const scaled = Object.fromEntries(Object.entries(seconds).map(([kind, each]) => [kind, each * factor]))
      return totalOf(estimate(planOf(configOf(values), work), scaled as typeof seconds))
    }
    const once = total({})
    expect(once.most).toBeGreaterThan(once.least)
    expect(total({}, 2).most).toBeCloseTo(2 * once.most)
    expect(total({ episodes: 21 }).most).toBeGreaterThan(once.most)
  })
})
