import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { StageTree } from '../../../src/envs/finetune/stages.ts'
import type { Stage } from '../../../src/envs/finetune/world-state.ts'
import { parallelView } from '../../../src/envs/hierarchy/views.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { tinyWorld } from '../../support/world.ts'

beforeAll(async () => {
  await startEngine()
})

const KEEP = 2
const RESET = 4
const FREEZE = 0

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
  /** Random policies of three joint actions, over three rounds. */
  const joint = [
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

  test('32 episodes of three rounds: the same rewards for less than half of the FLOPs', async () => {
    const plain = await play(tinyWorld(options), 32)
    const tree = new StageTree<Stage>(2 ** 28)
    const shared = await play(tinyWorld({ ...options, stages: tree }), 32)
    expect(shared.rewards).toEqual(plain.rewards)
    expect(shared.spent).toBeLessThan(plain.spent / 2)
    // At most the start, 3, 9 and 27 stages.
    expect(tree.size).toBeLessThanOrEqual(40)
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
