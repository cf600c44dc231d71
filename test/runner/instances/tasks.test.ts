import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { trialAt } from '../../../src/agents/schedules/schedule.ts'
import { checkEnv } from '../../../src/envs/check.ts'
import { measure } from '../../../src/envs/finetune/evaluation.ts'
import { groupEnv } from '../../../src/envs/hierarchy/views.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { saveModel } from '../../../src/models/save.ts'
import { heldLoss } from '../../../src/models/tasks/task.ts'
import type { Composition } from '../../../src/runner/instances/instance.ts'
import { runSchedule } from '../../../src/runner/instances/schedule-runs.ts'
import { beginningOf } from '../../../src/runner/instances/start.ts'
import { noises, screens, squares } from '../../support/annotated-files.ts'
import { CACHE } from '../../support/e2e.ts'
import { smallInstance } from '../../support/instance.ts'
import { tinyBackbone } from '../../support/models.ts'

const folder = mkdtempSync(join(tmpdir(), 'layergym-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const clock = () => performance.now()
const model = join(folder, 'backbone')
const NET = { model, size: 32, frames: 1 }
beforeAll(async () => {
  await startEngine({ threads: 1 })
  await saveModel(tinyBackbone(), model, {})
})
const make = {
  pictures: () => squares(join(folder, 'squares'), 20),
  videos: () => screens(join(folder, 'screens'), 6),
  sequences: () => noises(join(folder, 'noises'), 10, 42),
}

const TASKS = {
  'object-detection': { data: make.pictures, ...NET },
  'scene-segmentation': { data: make.pictures, ...NET },
  'scene-classification': { data: make.pictures, ...NET },
  'temporal-segmentation': { data: make.videos, ...NET, frames: 4, head: 'gru' },
  'action-recognition': { data: make.sequences, model: 'models/gru_tiny', frames: 3 },
}

async function composed(task: keyof typeof TASKS): Promise<Composition> {
  const { data, ...format } = TASKS[task]
  return smallInstance({ ...format, task, groups: 3, cache: CACHE, data: await data() })
}

describe.each(Object.keys(TASKS) as (keyof typeof TASKS)[])('the hierarchy on %s', task => {
  let composition: Composition
  beforeAll(async () => {
    composition = await composed(task)
  })
  afterAll(() => composition.dispose())

  test('a fresh head’s loss is no higher than guessing’s, and a group’s environment keeps its contract', async () => {
    const [world] = composition.worlds
    await world.reset(1)
    const { evaluation } = measure(world.options.trainee, world.options.splits.reward)
    expect(evaluation.loss).toBeLessThanOrEqual(composition.task.chance * 1.05)
    const short = composition.variant({ budgetSteps: 4 })
    const findings = await checkEnv(groupEnv(short, 1), { steps: 3 })
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
  })

  test.each(['score-gain', 'log-loss'])(
    'rewards of %s telescope: their sum is the change of the potential',
    async reward => {
      const definition = composition.container.get('rewards', reward)
      const world = composition.variant({ reward: definition, probed: false })
      const potential = () => {
        const { score, loss } = world.evaluation
        return reward === 'score-gain' ? score : -Math.log(heldLoss(composition.task, loss))
      }
      await world.reset(2)
      const before = potential()
      let sum = 0
      for (let over = false; !over; ) {
        const result = await world.round(
          Array.from({ length: world.groups }, (_, g) => (sum === 0 || g > 0 ? 4 : 2)),
        )
        sum += result.reward
        over = result.terminated
      }
      expect(sum).toBeCloseTo(potential() - before, 6)
      expect(sum).not.toBe(0)
    },
  )

  test('a difference is paid to the group that made it, and to no other', async () => {
    const world = composition.variant({ credit: 'difference', probed: false })
    await world.reset(3)
    const keep = Array.from({ length: world.groups }, () => 2)
    const { rewards } = await world.round([4, ...keep.slice(1)])
    expect(rewards.slice(1)).toEqual(keep.slice(1).map(() => 0))
    expect(Number.isFinite(rewards[0])).toBe(true)
  })

  test('schedules run, the test split is scored, and every start begins', async () => {
    for (const name of ['fullFineTune', 'headOnly', 'autoRgn']) {
      const schedule = composition.container.get('schedules', name)
      const { limits } = composition.worlds[0].options
      const trial = trialAt(schedule, 0, limits)
      if (trial === undefined) throw new Error(name)
      const { run } = await runSchedule(schedule, trial, 5, { composition, clock, test: true })
      expect(run.diverged, name).toBe(false)
      expect(run.flops).toBeGreaterThan(0)
      expect(run.test?.losses).toHaveLength(composition.splits.test.length)
      expect(run.test?.score.primary).toBeGreaterThanOrEqual(0)
    }
    const solvable = ['scene-classification', 'action-recognition'].includes(task)
    const from = {
      best: solvable ? 'probe' : 'chance',
      probe: solvable ? 'probe' : 'chance',
      chance: 'chance',
    }
    for (const [start, expected] of Object.entries(from)) {
      const own = { ...composition, config: { ...composition.config, start: start as 'best' } }
      expect((await beginningOf(own, new Map(), clock)).start.from, start).toBe(expected)
    }
  })
})
