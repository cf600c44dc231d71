import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { checkEnv } from '../../../src/envs/check.ts'
import { FlatEnv } from '../../../src/envs/finetune/flat.ts'
import type { RewardRound } from '../../../src/envs/finetune/reward.ts'
import { frontier, RootEnv, singleBlock } from '../../../src/envs/finetune/root.ts'
import { StageTree } from '../../../src/envs/finetune/stages.ts'
import { groupEnv, parallelView, SequentialEnv } from '../../../src/envs/finetune/views.ts'
import type { RoundResult, Stage } from '../../../src/envs/finetune/world.ts'
import { MultiDiscrete } from '../../../src/envs/spaces.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { tf } from '../../../src/models/tf.ts'
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
    const before = trainee.snapshot()
    await world.round([FREEZE, KEEP, KEEP])
    const after = trainee.snapshot()
    for (const variable of trainee.network.variables) {
      const { name, group } = variable
      const onEngine = variable.handle.dataSync()
      expect(Array.from(onEngine), name).toEqual(Array.from(after.weights[name]))
      if (group === 0) {
        expect(after.weights[name], name).toEqual(before.weights[name])
        expect(after.optimizer[name], name).toEqual(before.optimizer[name])
      } else if (variable.learned) {
        expect(after.weights[name], name).not.toEqual(before.weights[name])
      }
    }
    const statistics = trainee.network.variables.filter(v => v.group === 1 && v.role === 'moving_mean')
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
    const world = tinyWorld()
    await world.reset(1)
    await world.round([KEEP, RESET, KEEP])
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
      else expect(similarity).toBeLessThan(1)
    }
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

  test('a reward function cannot be handed the test split', () => {
    const round = {} as RewardRound
    // @ts-expect-error the test split's figures are of another type
    const leak: RewardRound = { ...round, after: { split: 'test', loss: 1, accuracy: 1 } }
    expect(leak.after.split).toBe('test')
  })
})

describe('views', () => {
  test.each([0, 1, 2])('the environment of group %i passes checkEnv', async group => {
    expect(await checkEnv(groupEnv(tinyWorld(), group), { steps: 10 })).toEqual([])
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

describe('difference rewards', () => {
  const history = [
    [RESET, KEEP, KEEP],
    [KEEP, RESET, KEEP],
  ]
  const actions = [FREEZE, 3, KEEP]

  async function rewardOf(last: readonly number[]) {
    const world = tinyWorld()
    await world.reset(4)
    for (const earlier of history) await world.round(earlier)
    return (await world.round(last)).reward
  }

  test('equal brute force, and leave the run as it would have been', async () => {
    const [world, plain] = [tinyWorld({ credit: 'difference' }), tinyWorld()]
    for (const each of [world, plain]) {
      await each.reset(4)
      for (const earlier of history) await each.round(earlier)
    }
    const [spent, flops] = [world.spentFlops, plain.flops]
    const result = await world.round(actions)
    const team = await plain.round(actions)
    expect(result.reward).toBe(team.reward)
    for (const group of [0, 1, 2]) {
      const without = actions.map((action, g) => (g === group ? KEEP : action))
      const difference = team.reward - (await rewardOf(without))
      expect(result.rewards[group]).toBe(group === 2 ? 0 : difference)
    }
    expect(world.flops).toBe(plain.flops)
    // Two rounds more: the head kept what it had.
    expect(world.spentFlops - spent).toBeGreaterThan(2 * (plain.flops - flops))
    expect((await world.round(history[0])).evaluation).toEqual((await plain.round(history[0])).evaluation)
  })

  test('each group environment gets its own', async () => {
    const world = tinyWorld({ credit: 'difference' })
    const envs = parallelView(world)
    await Promise.all(envs.map(env => env.reset({ seed: 1 })))
    const results = await Promise.all(envs.map((env, group) => env.step([RESET, KEEP, KEEP][group])))
    expect(results[0].reward).not.toBe(0)
    expect(results.slice(1).map(({ reward }) => reward)).toEqual([0, 0])
    expect(new Set(results.map(({ info }) => info.reward)).size).toBe(1)
  })
})

describe('the stage tree', () => {
  /** Random policies of at most five joint actions, over three rounds. */
  const joint = [
    [KEEP, KEEP, KEEP],
    [RESET, KEEP, KEEP],
    [KEEP, RESET, KEEP],
    [RESET, RESET, KEEP],
    [FREEZE, FREEZE, 3],
  ]

  async function play(world: ReturnType<typeof tinyWorld>, episodes: number) {
    const rng = Rng.of(5)
    const rewards: number[] = []
    let spent = 0
    for (let episode = 0; episode < episodes; episode++) {
      await world.reset(1)
      for (let over = false; !over; ) {
        const { reward, terminated } = await world.round(joint[rng.int(joint.length)])
        rewards.push(reward)
        over = terminated
      }
      rewards.push(...world.observation(0), world.flops)
      spent += world.spentFlops
    }
    return { rewards, spent }
  }
  const options = { budgetSteps: 6, roundSteps: 2 }

  test('64 episodes of three rounds: the same rewards for less than half of the FLOPs', async () => {
    const plain = await play(tinyWorld(options), 64)
    const tree = new StageTree<Stage>(2 ** 28)
    const shared = await play(tinyWorld({ ...options, stages: tree }), 64)
    expect(shared.rewards).toEqual(plain.rewards)
    expect(shared.spent).toBeLessThan(plain.spent / 2)
    // At most the start, 5, 25 and 125 stages.
    expect(tree.size).toBeLessThanOrEqual(156)
  })

  test('holds no more than its memory, and forgetting changes nothing but the cost', async () => {
    const plain = await play(tinyWorld(options), 6)
    const tree = new StageTree<Stage>(50_000)
    const shared = await play(tinyWorld({ ...options, stages: tree }), 6)
    expect(shared.rewards).toEqual(plain.rewards)
    expect(tree.bytes).toBeLessThanOrEqual(50_000)
    expect(tree.size).toBeGreaterThan(0)
  })

  test('seeds have nothing in common, and what the root forbids is part of the history', async () => {
    const world = tinyWorld({ ...options, stages: new StageTree<Stage>(2 ** 28) })
    const first = async (seed: number, open: readonly boolean[]) => {
      await world.reset(seed)
      world.permit(open)
      return (await world.round([RESET, KEEP, KEEP])).evaluation.loss
    }
    const all = [true, true, true]
    const losses = [await first(1, all), await first(2, all), await first(1, [false, true, true])]
    expect(new Set(losses).size).toBe(3)
    expect(await first(1, all)).toBe(losses[0])
  })
})

describe('joint control', () => {
  test('is one environment, and passes checkEnv', async () => {
    const env = new FlatEnv(tinyWorld())
    expect(await checkEnv(env, { steps: 10 })).toEqual([])
    const { observation } = await env.reset({ seed: 1 })
    expect(env.observationSpace.contains(observation)).toBe(true)
    expect(env.actionSpace.toJSON()).toEqual(new MultiDiscrete([5, 5, 5]).toJSON())
  })

  test('the same choices as in the sequential view are the same run', async () => {
    const flat = new FlatEnv(tinyWorld())
    const sequential = new SequentialEnv(tinyWorld())
    await flat.reset({ seed: 3 })
    await sequential.reset({ seed: 3 })
    const choices = [RESET, KEEP, FREEZE]
    const together = await flat.step(choices)
    await sequential.step(choices[0])
    await sequential.step(choices[1])
    expect(together.reward).toBe((await sequential.step(choices[2])).reward)
    const mask = flat.actionMask()
    expect(Array.from(mask.subarray(0, 5))).toEqual(Array.from(sequential.actionMask()))
  })
})

describe('the root', () => {
  test('passes checkEnv, with frontiers and with single blocks', async () => {
    for (const actions of [frontier, singleBlock]) {
      const env = new RootEnv(tinyWorld(), { actions })
      expect(await checkEnv(env, { steps: 10 })).toEqual([])
    }
  })

  test.each([
    [frontier, 0, [false, false, true]],
    [frontier, 1, [false, true, true]],
    [frontier, 2, [true, true, true]],
    [singleBlock, 0, [true, false, true]],
    [singleBlock, 2, [false, false, true]],
  ] as const)('decides which weights move: %o %i', async (actions, choice, moving) => {
    const world = tinyWorld()
    const env = new RootEnv(world, { actions })
    await env.reset({ seed: 1 })
    // What an earlier choice thawed is frozen again.
    await env.step(env.stop - 1)
    const before = world.options.trainee.snapshot().weights
    await env.step(choice)
    const after = world.options.trainee.snapshot().weights
    for (const { name, group, learned } of world.options.trainee.network.variables) {
      if (!learned) continue
      const moved = !after[name].every((value, i) => value === before[name][i])
      expect(moved, name).toBe(moving[group])
    }
  })

  test('is semi-Markov: a choice pays the discounted rewards of its rounds, and says how many they were', async () => {
    const gamma = 0.5
    const env = new RootEnv(tinyWorld(), { every: 3, gamma })
    const plain = tinyWorld()
    await env.reset({ seed: 2 })
    await plain.reset(2)
    plain.permit([false, true, true])
    const rewards: number[] = []
    for (let round = 0; round < 4; round++) {
      const settings = plain.settings.map((setting, group) =>
        group === 1 ? { frozen: false, learningRate: plain.options.limits.reset(1) } : setting,
      )
      rewards.push((await plain.train(settings)).reward)
    }
    const [first, second] = [await env.step(1), await env.step(1)]
    expect(first.info.duration).toBe(3)
    expect(first.reward).toBeCloseTo(rewards[0] + gamma * rewards[1] + gamma ** 2 * rewards[2], 12)
    // The budget ends the second choice after one round.
    expect(second).toMatchObject({ terminated: true, info: { duration: 1 } })
    expect(second.reward).toBe(rewards[3])
  })

  test('stops, which pays nothing and lasts no round', async () => {
    const env = new RootEnv(tinyWorld())
    await env.reset({ seed: 1 })
    const stopped = await env.step(env.stop)
    expect(stopped).toMatchObject({ reward: 0, terminated: true, info: { duration: 0 } })
    await expect(env.step(0)).rejects.toThrow(/episode is over/)
  })

  test('groups that may not move are left one action, keep', async () => {
    const world = tinyWorld()
    await world.reset(1)
    world.permit([false, true, true])
    expect(Array.from(world.mask(0) ?? [])).toEqual([0, 0, 1, 0, 0])
    await world.round([RESET, RESET, KEEP])
    expect(world.settings.map(({ frozen }) => frozen)).toEqual([true, false, false])
    expect(() => world.permit([true])).toThrow(/one a group/)
  })
})
