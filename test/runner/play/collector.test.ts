import { BehaviorSubject, firstValueFrom, throwError, toArray } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { ActContext, Agent } from '../../../src/agents/agent.ts'
import type { Env } from '../../../src/envs/env.ts'
import { makeEnv } from '../../../src/envs/registry.ts'
import { Box, Discrete } from '../../../src/envs/spaces.ts'
import { TimeLimit } from '../../../src/envs/wrappers/time-limit.ts'
import { Collector } from '../../../src/runner/play/collector.ts'
import { rollouts$ } from '../../../src/runner/play/rollouts.ts'

type Actor = Pick<Agent<unknown, unknown>, 'act' | 'appetite'>

/** Random actions; says what one update takes. */
function actor(unit: 'step' | 'episode', count: number): Actor {
  const act = (observations: readonly unknown[], { rng }: ActContext) =>
    observations.map(() => ({ action: rng.int(2) }))
  return { appetite: { unit, count }, act }
}

/** Pays and shows its step's number; the n-th episode ends after `lengths[n]` steps. */
class Counter implements Env<Float32Array, number> {
  readonly spec = { id: 'Counter' }
  readonly observationSpace = new Box(0, 1000, [1])
  readonly actionSpace = new Discrete(2)
  private steps = 0
  private episode = -1

  constructor(
    private readonly lengths: readonly number[],
    private readonly slow = false,
  ) {}

  reset() {
    this.steps = 0
    this.episode++
    return { observation: Float32Array.of(0), info: {} }
  }

  step(_action: number) {
    this.steps++
    const terminated = this.steps === (this.lengths[this.episode % this.lengths.length] ?? 1)
    const observation = Float32Array.of(this.steps)
    const result = { observation, reward: this.steps, terminated, truncated: false, info: {} }
    return this.slow ? Promise.resolve(result) : result
  }
}

const collector = (envs: readonly Env<unknown, unknown>[], agent: Actor, seed = 1) =>
  new Collector({ envs, agent, seed })

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
    return { appetite: { unit: 'step', count }, act }
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

describe('the stream of rollouts', () => {
  test('ends with what goes wrong, its own and that of whoever grants', async () => {
    const env = new Counter([5])
    const step = env.step.bind(env)
    env.step = action => ({ ...(step(action) as object), reward: Number.NaN }) as never
    const failing = rollouts$({
      collector: collector([env as Env<unknown, unknown>], actor('step', 4)),
      ...{ from: 0, to: 10, credits$: new BehaviorSubject(1) },
    })
    await expect(firstValueFrom(failing)).rejects.toThrow('Counter paid NaN')
    const granted = rollouts$({
      collector: collector([new Counter([5]) as Env<unknown, unknown>], actor('step', 4)),
      ...{ from: 0, to: 10, credits$: throwError(() => new Error('nobody grants')) },
    })
    await expect(firstValueFrom(granted)).rejects.toThrow('nobody grants')
  })

  test('completes at once where all steps are done', async () => {
    const credits$ = new BehaviorSubject(5)
    const all = collector([new Counter([5]) as Env<unknown, unknown>], actor('step', 4))
    const stream$ = rollouts$({ collector: all, from: 10, to: 10, credits$ })
    expect(await firstValueFrom(stream$.pipe(toArray()))).toEqual([])
  })

  test('collects nothing beyond the credits, and completes with the last step', async () => {
    const credits$ = new BehaviorSubject(0)
    const env = new Counter([5]) as Env<unknown, unknown>
    const seen: number[] = []
    let done = false
    rollouts$({ collector: collector([env], actor('step', 4)), from: 0, to: 10, credits$ }).subscribe({
      next: ({ steps }) => seen.push(steps),
      complete: () => {
        done = true
      },
    })
    const settle = () => new Promise(resolve => setTimeout(resolve, 5))
    await settle()
    expect(seen).toEqual([])
    credits$.next(1)
    await settle()
    expect(seen).toEqual([4])
    credits$.next(5)
    await settle()
    expect(seen).toEqual([4, 4, 2])
    expect(done).toBe(true)
  })

  test('stops when nobody listens any more', async () => {
    const credits$ = new BehaviorSubject(1000)
    const env = new Counter([5], true) as Env<unknown, unknown>
    let count = 0
    await new Promise<void>(resolve => {
      const stream$ = rollouts$({ collector: collector([env], actor('step', 4)), from: 0, to: 1e6, credits$ })
      const subscription = stream$.subscribe(() => {
        count++
        if (count < 3) return
        subscription.unsubscribe()
        resolve()
      })
    })
    await new Promise(resolve => setTimeout(resolve, 10))
    expect(count).toBe(3)
    expect(credits$.observed).toBe(false)
  })
})
