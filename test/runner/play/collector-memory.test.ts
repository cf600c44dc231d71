import { describe, expect, test } from 'vitest'
import type { ActContext } from '../../../src/agents/agent.ts'
import type { Env } from '../../../src/envs/env.ts'
import { type Actor, actor, Counter, collector } from './counter.ts'

describe('an agent that carries something', () => {
  /** Counts what it has been given in the episode; keeps what it was asked with. */
  function recurrent(asked: (ActContext['memories'] | undefined)[], count = 5): Actor {
    const act: Actor['act'] = (observations, { memories }) => {
      asked.push(memories)
      return observations.map((_, i) => ({
        action: 0,
        memory: Float32Array.of(1 + (memories?.[i]?.[0] ?? 0)),
      }))
    }
    return { appetite: { unit: 'step', count }, act, learn: () => ({}) }
  }
  const numbers = (memories: ActContext['memories']) => memories?.map(memory => memory?.[0])

  test('is given it from its second decision on, and nothing where an episode begins', async () => {
    const asked: ActContext['memories'][] = []
    const envs = [new Counter([3]), new Counter([2])] as unknown as Env<unknown, unknown>[]
    const { trajectories } = await collector(envs, recurrent(asked, 8)).collect(8)
    expect(asked.map(numbers)).toEqual([undefined, [1, 1], [2, undefined], [undefined, 1]])
    const carried = trajectories.map(({ transitions }) => transitions.map(({ memory }) => memory?.[0]))
    expect(carried).toEqual([[undefined, 1], [undefined, 1, 2], [undefined, 1], [undefined]])
    // What came of the last decision goes with what followed it.
    expect(trajectories.map(({ finalMemory }) => finalMemory?.[0])).toEqual([2, 3, 2, 1])
  })

  test('goes on with it from a state, and begins anew where nothing ran', async () => {
    const asked: ActContext['memories'][] = []
    const make = () =>
      [new Counter([4]), new Counter([4]), new Counter([4])] as unknown as Env<unknown, unknown>[]
    const first = collector(make(), recurrent([], 2))
    await first.collect(2)
    const state = structuredClone(await first.state())
    expect(state.seats.map(({ memory }) => memory?.[0])).toEqual([1, 1, undefined])
    expect(state.seats[2]).not.toHaveProperty('observation')
    expect(state).toMatchObject({ steps: 2, episodes: 2, turn: 2 })
    const other = collector(make(), recurrent(asked, 3))
    await other.restore(state)
    await other.collect(3)
    expect(asked.map(numbers)).toEqual([[undefined, 1, 1]])
  })

  test('and one that carries nothing is never given anything', async () => {
    const given: boolean[] = []
    const agent: Actor = {
      appetite: { unit: 'step', count: 6 },
      learn: () => ({}),
      act: (observations, { memories }) => {
        given.push(memories !== undefined)
        return observations.map(() => ({ action: 0 }))
      },
    }
    const { trajectories } = await collector([new Counter([2]) as Env<unknown, unknown>], agent).collect(6)
    expect(given).toEqual(Array(6).fill(false))
    for (const trajectory of trajectories) {
      expect(trajectory).not.toHaveProperty('finalMemory')
      for (const transition of trajectory.transitions) expect(transition).not.toHaveProperty('memory')
    }
  })
})

test('the collector plays with the agent’s exploration, and takes an agent’s answer that comes later', async () => {
  const explored: boolean[] = []
  const play = async (late: boolean) => {
    const bare = actor('step', 5)
    const act: Actor['act'] = (observations, context) => {
      explored.push(context.explore)
      const decided = bare.act(observations, context)
      return late ? Promise.resolve(decided) : decided
    }
    return collector([new Counter([3]) as Env<unknown, unknown>], { ...bare, act }).collect(5)
  }
  expect(await play(true)).toEqual(await play(false))
  expect(new Set(explored)).toEqual(new Set([true]))
})

test('a step lasts one decision, or what its environment says', async () => {
  const env = new Counter([2])
  const step = env.step.bind(env)
  const lasting = (duration: unknown) =>
    Object.assign(env, { step: (action: number) => ({ ...(step(action) as object), info: { duration } }) })
  for (const [given, lasts] of [
    [undefined, 1],
    [3, 3],
    [0, 0],
    ['3', 1],
  ] as const) {
    const { trajectories } = await collector([lasting(given) as never], actor('step', 1)).collect(1)
    expect(trajectories[0].transitions[0].duration).toBe(lasts)
  }
})
