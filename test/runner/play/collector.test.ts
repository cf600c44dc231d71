import { describe, expect, test } from 'vitest'
import type { Env } from '../../../src/envs/env.ts'
import { makeEnv } from '../../../src/envs/registry.ts'
import { TimeLimit } from '../../../src/envs/wrappers/time-limit.ts'
import { type Actor, actor, Counter, collector } from './counter.ts'

describe('the collector', () => {
  test('hands out exactly the steps asked for, and cuts episodes that go on', async () => {
    const collect = collector([new Counter([3]) as Env<unknown, unknown>], actor('step', 5))
    const first = await collect.collect(100)
    expect(first.steps).toBe(5)
    expect(first.episodes).toEqual([{ step: 3, return: 6, length: 3 }])
    expect(first.trajectories.map(t => [t.episode, t.transitions.length, t.terminated, t.truncated])).toEqual(
      [
        [0, 3, true, false],
        [1, 2, false, true],
      ],
    )
    expect(first.trajectories[1].finalObservation).toEqual(Float32Array.of(2))
    const second = await collect.collect(1)
    expect(second.steps).toBe(1)
    expect(second.trajectories.map(t => [t.episode, t.transitions.length, t.terminated])).toEqual([
      [1, 1, true],
    ])
    expect(second.trajectories[0].transitions[0].observation).toEqual(Float32Array.of(2))
    expect(second.episodes).toEqual([{ step: 6, return: 6, length: 3 }])
  })

  test('waits for an environment that resets later, and tells the return that a wrapper recorded', async () => {
    const bare = new Counter([2, 3])
    const env = {
      ...{ spec: bare.spec, observationSpace: bare.observationSpace, actionSpace: bare.actionSpace },
      reset: async () => {
        await new Promise(resolve => setImmediate(resolve))
        return { ...bare.reset(), observation: Float32Array.of(77) }
      },
      step: (action: number) => {
        const stepped = bare.step(action) as { readonly terminated: boolean }
        return { ...stepped, info: stepped.terminated ? { episode: { return: 500 } } : {} }
      },
    } as unknown as Env<unknown, unknown>
    const { trajectories, episodes } = await collector([env], actor('step', 5)).collect(5)
    expect(trajectories.map(t => t.transitions[0].observation)).toEqual([
      Float32Array.of(77),
      Float32Array.of(77),
    ])
    expect(episodes).toEqual([
      { step: 2, return: 500, length: 2 },
      { step: 5, return: 500, length: 3 },
    ])
  })

  test('plays whole episodes where they are asked for, long ones as often as short ones', async () => {
    const envs = [new Counter([9]), new Counter([2])] as unknown as Env<unknown, unknown>[]
    const { trajectories, steps } = await collector(envs, actor('episode', 4)).collect(1)
    // The first env's single episode outlasts three of the other's.
    expect(trajectories.map(t => t.transitions.length).sort()).toEqual([2, 2, 2, 9])
    expect(trajectories.every(t => t.terminated)).toBe(true)
    expect(steps).toBe(15)
  })

  test('a time limit is a truncation with what followed', async () => {
    const env = new TimeLimit(new Counter([50]) as Env<unknown, unknown>, 4)
    const { trajectories } = await collector([env], actor('episode', 1)).collect(1)
    const [{ terminated, truncated, finalObservation }] = trajectories
    expect([terminated, truncated, finalObservation]).toEqual([false, true, Float32Array.of(4)])
  })

  test('environments that answer later give the same as those that answer at once', async () => {
    const play = async (slow: boolean) => {
      const envs = [new Counter([3, 5], slow), new Counter([4], slow)] as unknown as Env<unknown, unknown>[]
      const collect = collector(envs, actor('step', 7))
      return [await collect.collect(100), await collect.collect(100)]
    }
    expect(await play(true)).toEqual(await play(false))
  })

  test.each(['CartPole-v1', 'MaskedWalk-v0', 'Counter without snapshots'])(
    'goes on from its state bit by bit: %s',
    async id => {
      const make = () =>
        id.startsWith('Counter')
          ? ([new Counter([5, 3]), new Counter([4])] as unknown as Env<unknown, unknown>[])
          : [makeEnv(id), makeEnv(id), makeEnv(id)]
      const masked: Actor = {
        appetite: { unit: 'step', count: 50 },
        learn: () => ({}),
        act: (observations, { rng, masks }) =>
          observations.map((_, i) => {
            const allowed = [...(masks[i] ?? [1, 1])].flatMap((open, action) => (open ? [action] : []))
            return { action: allowed[rng.int(allowed.length)] }
          }),
      }
      const whole = collector(make(), masked)
      await whole.collect(100)
      const state = structuredClone(await whole.state())
      const expected = [await whole.collect(100), await whole.collect(100)]
      const other = collector(make(), masked, 1)
      await other.restore(state)
      const got = [await other.collect(100), await other.collect(100)]
      expect(JSON.stringify(got)).toBe(JSON.stringify(expected))
    },
  )

  test.each([
    ['step', 2],
    ['step', 3],
    ['episode', 2],
  ] as const)('an appetite of a %s count of %d plays eight environments in turn', async (unit, count) => {
    const envs = Array.from({ length: 8 }, () => new Counter([3]) as Env<unknown, unknown>)
    const played = new Set<Env<unknown, unknown>>()
    for (const env of envs) {
      const step = env.step.bind(env)
      env.step = action => {
        played.add(env)
        return step(action)
      }
    }
    const collect = collector(envs, actor(unit, count))
    for (let rollouts = 0; rollouts < 4; rollouts++) {
      await collect.collect(100)
      expect(played.size).toBe(Math.min(8, (rollouts + 1) * count))
    }
  })

  test('a trajectory says what its final state allows, where the episode goes on', async () => {
    const random: Actor = {
      appetite: { unit: 'step', count: 7 },
      learn: () => ({}),
      act: (observations, { masks }) =>
        observations.map((_, i) => ({ action: [...(masks[i] ?? [])].indexOf(1) })),
    }
    const env = makeEnv('MaskedWalk-v0')
    const { trajectories } = await collector([env], random).collect(100)
    const last = trajectories.at(-1)
    expect(last?.truncated).toBe(true)
    expect(last?.finalMask).toEqual(env.actionMask?.())
    for (const { terminated, finalMask } of trajectories) expect(finalMask === undefined).toBe(terminated)
  })

  test('a reward that is no number is an error that says where', async () => {
    const env = new Counter([5])
    const step = env.step.bind(env)
    env.step = action => ({ ...(step(action) as object), reward: Number.NaN }) as never
    await expect(collector([env as Env<unknown, unknown>], actor('step', 5)).collect(5)).rejects.toThrow(
      /Counter paid NaN in step 1 of episode 1/,
    )
  })
})
