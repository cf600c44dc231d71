import { beforeAll, describe, expect, test } from 'vitest'
import { checkEnv } from '../../../src/envs/check.ts'
import { rateLimits, singleBlockLevels } from '../../../src/envs/finetune/actions.ts'
import { FlatEnv } from '../../../src/envs/hierarchy/flat.ts'
import { frontier, RootEnv, singleBlock } from '../../../src/envs/hierarchy/root.ts'
import { SequentialEnv } from '../../../src/envs/hierarchy/sequential.ts'
import { Discrete, MultiDiscrete } from '../../../src/envs/spaces.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { tinyWorld } from '../../support/world.ts'

beforeAll(async () => {
  await startEngine()
})

const KEEP = 2
const RESET = 4
const FREEZE = 0

describe('joint control', () => {
  test('is one environment, and passes checkEnv', async () => {
    const env = new FlatEnv(tinyWorld())
    expect(await checkEnv(env, { steps: 5 })).toEqual([])
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

  test('chooses among combinations where the action set has them: one group, or all', async () => {
    const narrow = tinyWorld({ actions: singleBlockLevels, limits: rateLimits(1e-4, 1e-5, 1e-3) })
    const env = new FlatEnv(narrow)
    expect(await checkEnv(env, { steps: 5 })).toEqual([])
    expect(env.actionSpace.toJSON()).toEqual(new Discrete(16).toJSON())
    await env.reset({ seed: 1 })
    // What would leave the limits for one of the groups is masked: 3e-3 and 1e-2.
    expect([...env.actionMask()].join('')).toBe('1100'.repeat(4))
    await env.step(5)
    expect(narrow.settings.map(({ frozen }) => frozen)).toEqual([true, false, true])
    expect(narrow.settings[1].learningRate).toBe(1e-3)
    expect(env.split(13)).toEqual([3, 3, 5])
  })
})

describe('the root', () => {
  test('passes checkEnv, with frontiers and with single blocks', async () => {
    for (const actions of [frontier, singleBlock]) {
      const env = new RootEnv(tinyWorld(), { actions })
      expect(await checkEnv(env, { steps: 5 })).toEqual([])
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
    const before = world.options.trainee.read()
    await env.step(choice)
    const after = world.options.trainee.read()
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
