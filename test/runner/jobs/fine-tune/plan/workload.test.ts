import { describe, expect, test } from 'vitest'
import { BASELINES, type BaselineName } from '../../../../../src/agents/schedules/baselines.ts'
import { parseConfig } from '../../../../../src/common/settings.ts'
import { fineTuneSchema, type WholeConfig } from '../../../../../src/runner/instances/config.ts'
import {
  probeSteps,
  stepsOf,
  testSteps,
  type Workload,
} from '../../../../../src/runner/jobs/fine-tune/plan/workload.ts'
import { syntheticSplits, tinyTrainee, tinyWorld } from '../../../../support/world.ts'

const trainee = tinyTrainee()
const { network } = trainee
const splits = syntheticSplits()
const work: Workload = {
  batchSize: 4,
  clips: {
    train: splits.train.length,
    probe: splits.probe.length,
    reward: splits.reward.length,
    test: splits.test.length,
  },
  flops: {
    full: network.stepFlops([true, true, true]),
    head: network.stepFlops([false, false, true]),
    forward: network.forwardFlops(),
    headForward: network.forwardFlops(2),
  },
  replays: 0,
  needsBaseline: false,
  schedule: name => BASELINES[name as BaselineName],
}

const configOf = (budgetSteps: number, roundSteps: number): WholeConfig => ({
  ...parseConfig(fineTuneSchema, { model: 'm', data: 'd', budgetSteps, roundSteps, batchSize: 4 }),
  ...{ frames: 2, fit: 'crop', learningRate: 1e-4, baselines: [] },
})

/** What a world really plays, with these groups in training from its first round to its last. */
async function played(budgetSteps: number, roundSteps: number, head: boolean, probed: boolean) {
  const rate = 1e-5
  const settings = [0, 1, 2].map(group => ({ frozen: head && group < 2, learningRate: rate }))
  const options = { budgetFlops: budgetSteps * 4 * work.flops.full, budgetSteps: 4 * budgetSteps }
  const world = tinyWorld({ ...options, roundSteps, settings, probed }, trainee)
  await world.reset(1)
  for (let rounds = 1; ; rounds++) {
    const { terminated, step } = await world.train(settings)
    if (terminated) return { steps: step, rounds }
  }
}

describe('the steps of a run', () => {
  test.each([
    [10, 4, false, false],
    [10, 20, true, false],
    [12, 3, false, true],
    [12, 6, true, true],
    [30, 120, true, true],
  ])(
    'of %i full ones, %i a round (head alone: %s, statistics: %s) are those that a world plays',
    async (budget, round, head, statistics) => {
      const { steps, rounds } = await played(budget, round, head, statistics)
      expect(steps).toBeGreaterThan(2)
      expect(stepsOf({ head, statistics, test: false }, configOf(budget, round), work)).toEqual({
        full: head ? 0 : steps,
        head: head ? steps : 0,
        statistics: statistics ? rounds : 0,
        evaluation: head ? 0 : rounds + 1,
        headEvaluation: head ? rounds + 1 : 0,
      })
    },
  )

  test('a final run reads the test split once more', () => {
    const kind = { head: false, statistics: false }
    const [search, final] = [false, true].map(own => stepsOf({ ...kind, test: own }, configOf(9, 3), work))
    expect(final.evaluation - search.evaluation).toBeCloseTo(splits.test.length / splits.reward.length)
    expect(testSteps(work).evaluation).toBeCloseTo(splits.test.length / splits.reward.length)
  })

  test('the linear probe goes once through the train and the reward split', () => {
    expect(probeSteps(work)).toMatchObject({ full: 0, head: 0, evaluation: 1 + 24 / 12 })
  })
})
