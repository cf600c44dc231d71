import { describe, expect, test } from 'vitest'
import { FlatEnv } from '../../../src/envs/hierarchy/flat.ts'
import { worldFrame, worldText } from '../../../src/envs/hierarchy/picture.ts'
import { frontier, Root, RootEnv, singleBlock } from '../../../src/envs/hierarchy/root.ts'
import { SequentialEnv } from '../../../src/envs/hierarchy/sequential.ts'
import { viewNamed } from '../../../src/envs/hierarchy/view-named.ts'
import { parallelView } from '../../../src/envs/hierarchy/views.ts'
import { Box, Text } from '../../../src/envs/spaces.ts'
import type { World } from '../../../src/envs/world.ts'
import { ToyWorld } from '../../support/toy-world.ts'

const [STILL, SLOW, FAST] = [0, 1, 2]
const NAMES = ['group-0', 'group-1', 'group-2']

/** A toy world with other actions. */
const acting = (actions: object) =>
  Object.defineProperty(new ToyWorld(), 'actions', { value: actions }) as unknown as World

describe('the flat view', () => {
  test('sees every group’s own features in order, then the world’s once, under their names', async () => {
    const world = new ToyWorld()
    const env = new FlatEnv(world)
    expect(env.spec).toEqual({ id: 'Toy/flat', maxEpisodeSteps: 4 })
    expect(env.features).toEqual([
      ...NAMES.flatMap(name => [`${name}:rate`, `${name}:learned`, `${name}:frozen`]),
      ...['budget-left', 'score'],
    ])
    const { observation } = await env.reset({ seed: 4 })
    expect(env.observationSpace.flatSize).toBe(env.features.length)
    const own = [0, 1, 2].flatMap(group => [...world.observation(group).subarray(0, 3)])
    expect([...observation]).toEqual([...own, ...world.observation(0).subarray(3)])
    expect(env.initialLogits).toBeUndefined()
  })

  test('plays the seed that it is given, or the last one again; what follows is what a snapshot says', async () => {
    const world = new ToyWorld()
    const env = new FlatEnv(world)
    const play = async (seed?: number) => {
      await env.reset(seed === undefined ? undefined : { seed })
      return env.step([STILL, SLOW, FAST])
    }
    const first = await play(4)
    expect(await play()).toEqual(first)
    expect((await play(5)).reward).not.toBe(first.reward)
    const saved = env.snapshot()
    const next = await env.step([SLOW, SLOW, FAST])
    env.restore(saved)
    expect(await env.step([SLOW, SLOW, FAST])).toEqual(next)
    expect(next.info).toMatchObject({ reward: next.reward, step: 2, flops: world.flops, diverged: false })
  })

  test('refuses a step where no episode runs, and what is no action', async () => {
    const env = new FlatEnv(new ToyWorld(3, 1))
    await expect(env.step([0, 0, 0])).rejects.toMatchObject({ code: 'episode.over' })
    await env.reset({ seed: 1 })
    await expect(env.step([0, 0, 3])).rejects.toMatchObject({ code: 'action.invalid' })
    while (!(await env.step([FAST, FAST, FAST])).terminated);
    await expect(env.step([0, 0, 0])).rejects.toMatchObject({ code: 'episode.over' })
  })

  test('has the masks of all groups, those without one allow all', async () => {
    const world = new ToyWorld()
    const env = new FlatEnv(world)
    await env.reset()
    world.permit([true, false, true])
    expect([...env.actionMask()]).toEqual([1, 1, 1, 1, 0, 0, 1, 1, 1])
  })

  test('of Box actions is a longer Box, taken apart group by group; of other spaces there is none', () => {
    const describe = String
    const boxed = new FlatEnv(acting({ space: new Box([-1, 0], [1, 2], [2]), describe }))
    expect(boxed.actionSpace.toJSON()).toEqual(
      new Box([-1, 0, -1, 0, -1, 0], [1, 2, 1, 2, 1, 2], [6]).toJSON(),
    )
    expect(boxed.split(Float32Array.of(1, 2, 3, 4, 5, 6))).toEqual([
      Float32Array.of(1, 2),
      Float32Array.of(3, 4),
      Float32Array.of(5, 6),
    ])
    expect(() => new FlatEnv(acting({ space: new Text(3), describe }))).toThrow(
      /Discrete or a Box, and these are/,
    )
  })

  test('starts from what each group’s actions suggest', () => {
    const { space } = new ToyWorld().actions
    const suggesting = acting({ space, describe: String, initialLogits: Float32Array.of(0, 1, 2) })
    expect(new FlatEnv(suggesting).initialLogits).toEqual(Float32Array.of(0, 1, 2, 0, 1, 2, 0, 1, 2))
  })
})

describe('the sequential view', () => {
  test('asks group after group, and pays after the last', async () => {
    const world = new ToyWorld()
    const env = new SequentialEnv(world)
    expect([env.group, env.spec.id, env.spec.maxEpisodeSteps]).toEqual([0, 'Toy/sequential', 12])
    await expect(env.step(FAST)).rejects.toMatchObject({ code: 'episode.over' })
    expect((await env.reset({ seed: 4 })).info).toEqual({ group: 0 })
    const steps = []
    for (const action of [STILL, SLOW, FAST]) steps.push(await env.step(action))
    expect(steps.map(({ info }) => [info.group, info.duration])).toEqual([
      [1, 0],
      [2, 0],
      [0, 1],
    ])
    expect(steps.map(({ reward }) => reward)).toEqual([0, 0, steps[2].info.reward])
    expect(steps[2].reward).toBeGreaterThan(0)
    expect(steps[0].observation).not.toEqual(steps[2].observation)
    expect(world.rates).toEqual([0, 0.1, 1])
  })

  test('goes on in the middle of a round', async () => {
    const env = new SequentialEnv(new ToyWorld())
    await env.reset({ seed: 4 })
    await env.step(SLOW)
    const saved = env.snapshot()
    const rest = async () => [env.group, await env.step(SLOW), await env.step(FAST)]
    const expected = await rest()
    env.restore(saved)
    expect(await rest()).toEqual(expected)
    await env.step(SLOW)
    // Another episode begins with the first group, and with the same seed where none is given.
    await env.reset()
    expect(env.group).toBe(0)
    await env.step(SLOW)
    expect(await rest()).toEqual(expected)
  })

  test('ends with its world', async () => {
    const env = new SequentialEnv(new ToyWorld(2, 1))
    await env.reset()
    for (let over = false; !over; ) over = (await env.step(FAST)).terminated
    await expect(env.step(FAST)).rejects.toMatchObject({ code: 'episode.over' })
  })
})

describe('the root', () => {
  test('names its choices, and opens what they say', async () => {
    const world = new ToyWorld()
    await world.reset(1)
    const opened = (root: Root) =>
      [0, 1, 2].map(choice => {
        root.choose(choice)
        return NAMES.map((_, group) => (world.mask(group) === undefined ? 'x' : '-')).join('')
      })
    const deep = new Root(world)
    expect(opened(deep)).toEqual(['--x', '-xx', 'xxx'])
    expect([0, 1, 2, 3].map(choice => deep.describe(choice))).toEqual([
      ...['head alone', 'head and 1 below', 'head and 2 below', 'stop'],
    ])
    const single = new Root(world, singleBlock)
    expect(opened(single)).toEqual(['x-x', '-xx', '--x'])
    expect([0, 1, 2, 3].map(choice => single.describe(choice))).toEqual([
      ...['head and group 1', 'head and group 2', 'head alone', 'stop'],
    ])
    expect([...deep.initialLogits]).toEqual([0, 0, 0, -3])
  })

  test('sees the world’s features, then a summary of each group: of those that it knows, or of all', async () => {
    const world = new ToyWorld()
    await world.reset(1)
    await world.train([0, 0.1, 1])
    const all = [0, 1, 2].map(group => world.observation(group))
    expect([...new Root(world).observation()]).toEqual([...all[0].subarray(3), ...all.map(one => one[2])])
    const other = Object.defineProperty(world, 'features', {
      value: { group: ['a', 'b', 'c'], global: ['d', 'e'] },
    })
    const root = new Root(other)
    expect([...root.observation()]).toEqual([
      ...all[0].subarray(3),
      ...all.flatMap(one => [...one.subarray(0, 3)]),
    ])
    expect(root.observationSpace.flatSize).toBe(11)
  })

  test('pays a choice the discounted rewards of its rounds, and lets groups move as it is told', async () => {
    const rewards: number[] = []
    const world = new ToyWorld()
    const settings = async () => {
      rewards.push(world.evaluation.score)
      return [1, 1, 1]
    }
    const env = new RootEnv(world, { every: 3, gamma: 0.5, settings })
    expect(env.spec).toEqual({ id: 'Toy/frontier', maxEpisodeSteps: 2 })
    await env.reset({ seed: 2 })
    const { reward, info } = await env.step(0)
    rewards.push(world.evaluation.score)
    const [a, b, c] = [0, 1, 2].map(i => rewards[i + 1] - rewards[i])
    expect(reward).toBeCloseTo(a + 0.5 * b + 0.25 * c, 12)
    expect(info).toMatchObject({ duration: 3, reward, step: 3 })
    expect(world.rates).toEqual([0, 0, 1])
    expect(info).not.toHaveProperty('stopped')
    expect((await env.step(env.stop)).info).toMatchObject({ duration: 0, stopped: true })
    await expect(env.step(0)).rejects.toMatchObject({ code: 'episode.over' })
    for (const every of [0, 1.5, -1])
      expect(() => new RootEnv(world, { every })).toThrow(`not every ${every}`)
  })
})

describe('the parallel view', () => {
  test('refuses a second choice of one group, and a reset while others are waited for', async () => {
    const envs = parallelView(new ToyWorld(2))
    await Promise.all(envs.map(env => env.reset({ seed: 1 })))
    const waiting = envs[0].step(FAST)
    await expect(envs[0].step(FAST)).rejects.toMatchObject({ code: 'barrier.twice' })
    await expect(envs[1].reset()).rejects.toMatchObject({ code: 'barrier.round' })
    const other = await envs[1].step(SLOW)
    expect((await waiting).reward).toBe(other.reward)
  })
})

test('a view is made by its name, or a group’s', () => {
  const world = new ToyWorld()
  const ids = ['flat', 'sequential', 'root', 'group-1'].map(name => viewNamed(world, name).spec.id)
  expect(ids).toEqual(['Toy/flat', 'Toy/sequential', 'Toy/frontier', 'Toy/group-1'])
  expect(viewNamed(world, 'root', { actions: singleBlock }).spec.id).toBe('Toy/single-block')
  expect(() => viewNamed(world, 'gruop-1')).toThrow("'gruop-1'")
  expect(frontier.choices(3)).toBe(3)
})

describe('the picture of a run', () => {
  const seen = {
    names: NAMES,
    rates: [0, 1e-6, 1e-1],
    evaluation: { loss: 0.12345, primary: 0.5 },
    budgetLeft: () => 0.5,
  } as unknown as Parameters<typeof worldFrame>[0]
  /** How many pixels of a row have the colour that stands at its bar's left end. */
  const bar = (row: number, colour: readonly number[]) => {
    const { width, pixels } = worldFrame(seen)
    const y = 4 + 22 * row + 8
    const at = (x: number) => [...pixels.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)].join()
    return Array.from({ length: width - 120 }, (_, x) => at(120 + x)).filter(each => each === colour.join())
      .length
  }

  test('has a row a group, its bar as long as its rate is high, and one of the budget', () => {
    expect(worldFrame(seen)).toMatchObject({ width: 360, height: 22 * 5 + 8 })
    const grey = [220, 220, 220]
    expect(bar(0, grey)).toBe(232)
    expect(bar(1, grey)).toBe(232 - Math.round(0.02 * 232))
    expect(bar(2, grey)).toBe(0)
    // Half of it, and the frame's right edge.
    expect(bar(3, [0, 0, 0])).toBe(116 + 1)
  })

  test('and in words', () => {
    expect(worldText(seen)).toBe(
      'group-0: frozen\ngroup-1: 1.0e-6\ngroup-2: 1.0e-1\nbudget left: 50 %\nloss 0.1235, score 0.500',
    )
  })
})
