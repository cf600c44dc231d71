import { beforeAll, describe, expect, test } from 'vitest'
import { checkEnv } from '../../../src/envs/check.ts'
import { rateLimits } from '../../../src/envs/finetune/actions.ts'
import type { RewardDefinition } from '../../../src/envs/finetune/reward.ts'
import { SequentialEnv } from '../../../src/envs/hierarchy/sequential.ts'
import { groupEnv, parallelView } from '../../../src/envs/hierarchy/views.ts'
import type { RoundResult } from '../../../src/envs/world.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { STANDARDISATION } from '../../../src/models/head-kinds.ts'
import type { Weights } from '../../../src/models/initialize.ts'
import type { OptimizerState } from '../../../src/models/optimizer.ts'
import { tf } from '../../../src/models/tf.ts'
import type { TraineeState } from '../../../src/models/trainee.ts'
import { tinyTrainee, tinyWorld } from '../../support/world.ts'

beforeAll(async () => {
  await startEngine()
})

const KEEP = 2
const RESET = 4
const FREEZE = 0

describe('the fine-tuning world', () => {
  test('an episode ends with its budget, and the log-loss reward telescopes', async () => {
    const world = tinyWorld()
    await world.reset(1)
    const first = world.evaluation.loss
    const results: RoundResult[] = []
    do results.push(await world.round([RESET, RESET, KEEP]))
    while (!results[results.length - 1].terminated)
    expect(results.map(r => r.step)).toEqual([2, 4, 6, 8])
    const total = results.reduce((sum, r) => sum + r.reward, 0)
    expect(total).toBeCloseTo(Math.log(first) - Math.log(world.evaluation.loss), 10)
    await expect(world.round([KEEP, KEEP, KEEP])).rejects.toThrow(/episode is over/)
  })

  test('the same seed gives the same run, another seed another', async () => {
    const run = async (seed: number) => {
      const world = tinyWorld()
      await world.reset(seed)
      const result = await world.round([RESET, KEEP, KEEP])
      return [result.evaluation.loss, result.trainLoss, ...world.observation(0)]
    }
    const first = await run(1)
    expect(await run(1)).toEqual(first)
    expect(await run(2)).not.toEqual(first)
  })

  test('frozen means frozen: weights, slots and statistics are bit-equal afterwards', async () => {
    const world = tinyWorld({ norms: { modes: ['batch', 'batch', 'batch'] } })
    const { trainee } = world.options
    await world.reset(1)
    await world.round([RESET, RESET, KEEP])
    const before = contentOf(trainee.snapshot())
    await world.round([FREEZE, KEEP, KEEP])
    const after = contentOf(trainee.snapshot())
    for (const variable of trainee.network.variables) {
      const { name, group } = variable
      const onEngine = variable.handle.dataSync()
      expect(Array.from(onEngine), name).toEqual(Array.from(after.weights[name]))
      if (group === 0) {
        expect(after.weights[name], name).toEqual(before.weights[name])
        expect(after.slots[name], name).toEqual(before.slots[name])
      } else if (variable.learned) {
        expect(after.weights[name], name).not.toEqual(before.weights[name])
      }
    }
    const statistics = trainee.network.variables.filter(
      v => v.group === 1 && v.role === 'moving_mean' && v.layer.name !== STANDARDISATION,
    )
    for (const { name } of statistics) expect(after.weights[name]).not.toEqual(before.weights[name])
  })

  test('a snapshot brings back everything that decides the future', async () => {
    const world = tinyWorld()
    await world.reset(3)
    await world.round([RESET, KEEP, KEEP])
    const saved = world.snapshot()
    const forward = async () => {
      const result = await world.round([KEEP, RESET, KEEP])
      return [result.evaluation.loss, result.reward, result.flops, ...world.observation(1)]
    }
    const once = await forward()
    world.restore(saved)
    expect(await forward()).toEqual(once)
  })

  test('cached prefixes change neither the figures nor the FLOPs charged', async () => {
    const run = async (cacheBytes: number, inBatches = false) => {
      const world = tinyWorld({}, tinyTrainee({ cacheBytes, inBatches }))
      await world.reset(1)
      await world.round([FREEZE, RESET, KEEP])
      const result = await world.round([KEEP, FREEZE, KEEP])
      return [result.evaluation.loss, result.trainLoss, result.flops]
    }
    const none = await run(0)
    for (const cached of [await run(2 ** 24), await run(2 ** 24, true), await run(1)]) {
      cached.forEach((figure, i) => {
        expect(figure / none[i]).toBeCloseTo(1, 5)
      })
    }
  })

  test('cached activations do not depend on what was asked for before', async () => {
    const run = async (warm: boolean) => {
      const world = tinyWorld({}, tinyTrainee({ inBatches: true }))
      if (warm) {
        await world.reset(2)
        while (!(await world.round([KEEP, RESET, KEEP])).terminated);
      }
      await world.reset(1)
      const { evaluation, trainLoss } = await world.round([KEEP, KEEP, KEEP])
      return [evaluation.loss, trainLoss]
    }
    expect(await run(true)).toEqual(await run(false))
  })

  test('a run that blows up terminates with the bound as its last loss', async () => {
    const limits = { minimum: 1e-6, maximum: 1e30, reset: () => 1e25 }
    const world = tinyWorld({ limits }, tinyTrainee({ optimizer: 'sgd' }))
    await world.reset(1)
    const first = world.evaluation.loss
    const result = await world.round([RESET, RESET, RESET])
    expect(result).toMatchObject({ diverged: true, terminated: true })
    expect(result.evaluation.loss).toBeCloseTo(3 * Math.log(2), 12)
    expect(result.reward).toBeCloseTo(Math.log(first) - Math.log(3 * Math.log(2)), 10)
  })

  test('a budget in FLOPs ends an episode as one in steps does', async () => {
    const play = async (budgetFlops: number) => {
      const world = tinyWorld({ budgetFlops })
      await world.reset(1)
      let last: RoundResult
      do last = await world.round([RESET, RESET, KEEP])
      while (!last.terminated)
      return last
    }
    const whole = await play(1e15)
    const half = await play(whole.flops / 2)
    expect(whole.step).toBe(8)
    expect(half.step).toBeLessThan(8)
    expect(half.flops).toBeGreaterThanOrEqual(whole.flops / 2)
  })

  test('observations stay in [-1, 1] and hold what they name', async () => {
    const world = tinyWorld({ limits: rateLimits(1e-3) })
    await world.reset(1)
    // A head of zeros moves nothing below it in its first step.
    for (let i = 0; i < 2; i++) await world.round([KEEP, RESET, KEEP])
    for (let group = 0; group < world.groups; group++) {
      const values = [...world.observation(group)]
      expect(values.every(v => v >= -1 && v <= 1)).toBe(true)
      const { isHead, frozen, similarity, updateNorm, depth } = world.statistics(group)
      expect({ isHead, frozen, depth }).toEqual({
        isHead: group === 2,
        frozen: group === 0,
        depth: 2 - group,
      })
      expect(updateNorm > 0).toBe(group > 0)
      if (group === 0) expect(similarity).toBeCloseTo(1, 6)
      if (group === 1) expect(similarity).toBeLessThan(1)
      // A head of zeros tells no clips apart: there is nothing to have moved from.
      if (group === 2) expect(similarity).toBe(1)
    }
  })

  test('statistics are read at every decision and paid for, or never where nobody wants them', async () => {
    const spent = async (options: object) => {
      const world = tinyWorld(options)
      await world.reset(1)
      const before = world.flops
      await world.round([KEEP, RESET, KEEP])
      const after = world.flops
      return { before, round: after - before }
    }
    const [usual, probed, blind] = [
      await spent({}),
      await spent({ probed: true }),
      await spent({ probed: false }),
    ]
    expect(usual).toEqual(probed)
    // What is read once costs the same at the start and after a round, whose training comes on top.
    expect(usual.before).toBeGreaterThan(blind.before)
    expect(usual.round - blind.round).toBe(usual.before - blind.before)
  })

  test('a round costs its own share of the budget', async () => {
    const reward: RewardDefinition = { description: 'its cost', reward: ({ cost }) => cost }
    const world = tinyWorld({ reward, budgetFlops: 1e9 })
    await world.reset(1)
    for (let i = 0; i < 2; i++) {
      const before = world.flops
      const { reward: paid } = await world.round([KEEP, KEEP, KEEP])
      expect(paid).toBeCloseTo((world.flops - before) / 1e9, 12)
    }
    expect(world.stop().reward).toBe(0)
  })

  test('without one in FLOPs, the budget is that of as many steps of full fine-tuning', () => {
    const world = tinyWorld({ budgetFlops: undefined })
    const { network } = world.options.trainee
    expect(world.budgetFlops).toBe(8 * 4 * network.stepFlops(network.groups.map(() => true)))
    expect(world.rounds).toBe(4)
    expect(tinyWorld({ budgetSteps: 9 }).rounds).toBe(5)
  })

  test('tensors are constant from episode to episode', async () => {
    const world = tinyWorld()
    const episode = async () => {
      await world.reset(1)
      while (!(await world.round([RESET, RESET, KEEP])).terminated);
      return tf.memory().numTensors
    }
    const first = await episode()
    expect([await episode(), await episode()]).toEqual([first, first])
  })
})

describe('views', () => {
  test.each([0, 1, 2])('the environment of group %i passes checkEnv', async group => {
    expect(await checkEnv(groupEnv(tinyWorld(), group), { steps: 5 })).toEqual([])
  })

  test('the sequential view passes checkEnv', async () => {
    expect(await checkEnv(new SequentialEnv(tinyWorld()), { steps: 14 })).toEqual([])
  })

  test('in the parallel view a round waits for all groups', async () => {
    const envs = parallelView(tinyWorld())
    await Promise.all(envs.map(env => env.reset({ seed: 1 })))
    let done = 0
    const first = envs[0].step(KEEP).then(() => done++)
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(done).toBe(0)
    const others = envs.slice(1).map(env => env.step(KEEP))
    const results = await Promise.all(others)
    await first
    expect(done).toBe(1)
    expect(results[0].reward).toBe(results[1].reward)
  })

  test('parallel and sequential views of the same choices are the same run', async () => {
    const parallel = parallelView(tinyWorld())
    await Promise.all(parallel.map(env => env.reset({ seed: 5 })))
    const together = await Promise.all([RESET, KEEP, KEEP].map((action, i) => parallel[i].step(action)))
    const sequential = new SequentialEnv(tinyWorld())
    await sequential.reset({ seed: 5 })
    const first = await sequential.step(RESET)
    await sequential.step(KEEP)
    const last = await sequential.step(KEEP)
    expect(first).toMatchObject({ reward: 0, info: { duration: 0 } })
    expect(last.reward).toBe(together[0].reward)
    expect(last.observation).toEqual(together[0].observation)
  })
})

/** What a handle of the eager executor holds. */
function contentOf({ handle }: TraineeState) {
  return handle as unknown as { readonly weights: Weights; readonly slots: OptimizerState }
}
