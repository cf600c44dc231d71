import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { withAdjusted } from '../../src/agents/adjust.ts'
import type { Trajectory } from '../../src/agents/agent.ts'
import { distributionOf, refusesActions } from '../../src/agents/distributions/for-space.ts'
import { bestAction, bestActions, temporalDifferenceLoss } from '../../src/agents/dqn/losses.ts'
import { flattenRows, gatherRows } from '../../src/agents/flatten.ts'
import type { NStep } from '../../src/agents/replay/n-step.ts'
import { Replay } from '../../src/agents/replay/replay.ts'
import { Streams } from '../../src/agents/replay/streams.ts'
import { Rng } from '../../src/common/random.ts'
import { Box, Dict, Discrete, MultiDiscrete, Text } from '../../src/envs/spaces.ts'

describe('DQN’s choice and loss', () => {
  const values = Float32Array.of(-3, -1, -2, 5, 7, 7)

  test('the best allowed action, the first of equals, also where all values are below 0', () => {
    expect(bestAction(values, 0, 3, undefined)).toBe(1)
    expect(bestAction(values, 1, 3, undefined)).toBe(1)
    expect(bestAction(values, 0, 3, Uint8Array.of(1, 0, 1))).toBe(2)
    // The row's own mask may lie among others.
    expect(bestAction(values, 1, 3, Uint8Array.of(1, 1, 1, 1, 0, 0), 3)).toBe(0)
    expect(() => bestAction(values, 0, 3, new Uint8Array(3))).toThrow('allows no action')
    for (const wrong of [Number.NaN, Infinity])
      expect(() => bestAction(Float32Array.of(0, wrong), 0, 2, undefined)).toThrow(`gave ${wrong}`)
  })

  test('of a batch, where something follows', () => {
    const batch = { nextMasks: Uint8Array.of(1, 0, 1, 1, 0, 0), discounts: Float32Array.of(0.5, 0) }
    expect([...bestActions(values, 3, batch)]).toEqual([2, 0])
    expect([...bestActions(values, 3, { ...batch, discounts: Float32Array.of(1, 1) })]).toEqual([2, 0])
    const ended = { nextMasks: new Uint8Array(6), discounts: new Float32Array(2) }
    expect([...bestActions(values, 3, ended)]).toEqual([0, 0])
  })

  test('squared and Huber’s losses, weighted, with their slopes', () => {
    const errors = Float32Array.of(0.5, -1, 3, -4)
    const weights = Float32Array.of(1, 1, 0.5, 0.25)
    const squared = temporalDifferenceLoss(errors, weights, 'mse')
    expect(squared.loss).toBeCloseTo((0.25 + 1 + 0.5 * 9 + 0.25 * 16) / 4, 6)
    expect([...squared.gradient]).toEqual([0.25, -0.5, 0.75, -0.5])
    const huber = temporalDifferenceLoss(errors, weights, 'huber')
    expect(huber.loss).toBeCloseTo((0.125 + 0.5 + 0.5 * 2.5 + 0.25 * 3.5) / 4, 6)
    expect([...huber.gradient]).toEqual([0.125, -0.25, 0.125, -0.0625])
  })
})

describe('what is replayed', () => {
  const step = (at: number, more: Partial<NStep> = {}): NStep => {
    const next = { observation: Float32Array.of(at + 1), mask: Uint8Array.of(0, 1) }
    return { observation: Float32Array.of(at), action: 1, reward: at, discount: 0.5, next, ...more }
  }

  test('has masks of the state and of the next one, and numbers of an action', () => {
    const options = { capacity: 2, inputs: 1, masked: 2, ownMasks: true, actionSize: 2 }
    const replay = new Replay(options)
    replay.add(step(3, { action: Float32Array.of(0.25, -1), mask: Uint8Array.of(1, 0) }))
    const all = replay.sample(2, Rng.of(1), 1)
    expect([...all.actions]).toEqual([0.25, -1, 0.25, -1])
    expect([[...all.masks], [...all.nextMasks]]).toEqual([
      [1, 0, 1, 0],
      [0, 1, 0, 1],
    ])
    expect([...all.nextObservations]).toEqual([4, 4])
    // Written over by one that ended, of which everything was allowed.
    for (let i = 0; i < 2; i++)
      replay.add(step(7, { action: Float32Array.of(1, 2), next: undefined, discount: 0 }))
    const later = replay.sample(1, Rng.of(1), 1)
    expect([[...later.masks], [...later.nextMasks], [...later.nextObservations]]).toEqual([
      [1, 1],
      [1, 1],
      [0],
    ])
  })

  test('a restored one has room for what it kept, and goes on behind it', () => {
    const options = { capacity: 5000, inputs: 1, masked: 0 }
    const replay = new Replay(options)
    for (let i = 0; i < 2500; i++) replay.add(step(i, { next: undefined }))
    const other = new Replay(options)
    other.restore(JSON.parse(JSON.stringify(replay.state())))
    other.add(step(9999, { next: undefined }))
    expect(other.size).toBe(2501)
    const { observations } = other.sample(60_000, Rng.of(1), 1)
    expect([Math.max(...observations), new Set(observations).size > 2490]).toEqual([9999, true])
  })
})

describe('streams of episodes', () => {
  const options = {
    space: new Box(-9, 9, [1]),
    n: 2,
    gamma: 0.5,
    encode: (action: unknown) => Number(action),
  }
  const cut = (from: number, count: number, more: object = {}): Trajectory<unknown, unknown> => ({
    ...{ episode: 4, actor: 'shared', terminated: false, truncated: true },
    transitions: Array.from({ length: count }, (_, t) => ({
      observation: Float32Array.of(from + t),
      action: from + t,
      reward: 1,
      duration: 1,
    })),
    finalObservation: Float32Array.of(from + count),
    ...more,
  })
  const seen = (steps: readonly NStep[]) => steps.map(({ action, next }) => [action, next?.observation[0]])

  test('are the same wherever rollouts cut them, also through a saved state', () => {
    const end = { terminated: true, truncated: false }
    const whole = new Streams(options).feed([cut(0, 5, end)])
    const first = new Streams(options)
    const pieces = [...first.feed([cut(0, 2)])]
    expect(seen(pieces)).toEqual([])
    const second = new Streams(options)
    second.restore(JSON.parse(JSON.stringify(first.state())))
    pieces.push(...second.feed([cut(2, 2)]), ...second.feed([cut(4, 1, end)]))
    expect(pieces).toEqual(whole)
    expect(second.state()).toEqual([])
  })

  test('end where another state follows, or another episode, or nothing', () => {
    const ended = [
      [0, 2],
      [1, 2],
    ]
    for (const next of [cut(7, 1), cut(2, 1, { episode: 5 }), cut(2, 1, { actor: 'other' })]) {
      const streams = new Streams(options)
      streams.feed([cut(0, 2)])
      expect(seen(streams.feed([next]))).toEqual(ended)
    }
    const streams = new Streams(options)
    streams.feed([cut(0, 2)])
    expect(seen(streams.feed([]))).toEqual(ended)
    expect(streams.feed([])).toEqual([])
    // An empty part of an episode says nothing.
    expect(streams.feed([cut(2, 0)])).toEqual([])
  })

  test('refuse rewards that are not finite, before anything is fed, and states that are none', () => {
    const streams = new Streams(options)
    const wrong = cut(2, 1)
    const transitions = [{ ...wrong.transitions[0], reward: Number.NaN }]
    expect(() => streams.feed([cut(0, 2), { ...wrong, transitions }])).toThrow('a reward is NaN')
    expect(streams.state()).toEqual([])
    expect(() => streams.restore(undefined)).toThrow("saved 'streams' are missing")
  })
})

describe('observations in rows', () => {
  test('are flat, in an array of one’s own where it is large enough', () => {
    const space = new Dict({ a: new Discrete(2), b: new Box(0, 9, [1]) })
    const observations = [
      { a: 1, b: Float32Array.of(5) },
      { a: 0, b: Float32Array.of(6) },
    ]
    const expected = [0, 1, 5, 1, 0, 6]
    expect([...flattenRows(space, observations)]).toEqual(expected)
    const out = new Float32Array(7).fill(9)
    const rows = flattenRows(space, observations, out)
    expect([...rows]).toEqual(expected)
    expect([rows.buffer === out.buffer, out[6]]).toEqual([true, 9])
    const exact = new Float32Array(6)
    expect(flattenRows(space, observations, exact).buffer).toBe(exact.buffer)
    expect(flattenRows(space, observations, new Float32Array(5))).toHaveLength(6)
  })

  test('of many numbers and of few alike; rows are gathered by their indices', () => {
    for (const width of [3, 32, 33, 40]) {
      const numbers = Float32Array.from({ length: width }, (_, i) => i + 1)
      const rows = flattenRows(new Box(0, 99, [width]), [numbers, numbers])
      expect([...rows]).toEqual([...numbers, ...numbers])
    }
    expect([...gatherRows(Float32Array.of(1, 2, 3, 4, 5, 6), 2, [2, 0, 2])]).toEqual([5, 6, 1, 2, 5, 6])
  })
})

test('policies are over the action spaces that have a distribution', () => {
  const refused = (actionSpace: object) => refusesActions({ actionSpace } as never)
  for (const space of [new Discrete(3), new MultiDiscrete([2, 3]), new Box(-1, 1, [2])]) {
    expect(distributionOf(space, 0)).toBeDefined()
    expect(refused(space)).toBeUndefined()
  }
  for (const space of [new Discrete(3, 1), new Box(0, 9, [2], 'int32'), new Text(3)]) {
    expect(distributionOf(space, 0)).toBeUndefined()
    expect(refused(space)).toContain(JSON.stringify(space.toJSON()))
  }
})

test('settings change within their schema, and only those that may', () => {
  const schema = z.strictObject({
    rate: z.number().positive().max(1),
    epochs: z.number().int().min(1),
    share: z.number().min(0.5),
  })
  const rules = { schema, adjustable: ['rate', 'epochs', 'share'] }
  const settings = { rate: 0.1, epochs: 3, share: 0.5, other: 1 }
  const adjusted = (changes: Record<string, number>) => withAdjusted(settings, changes, rules)
  expect(adjusted({})).toEqual(settings)
  expect(adjusted({ rate: 0.25, epochs: 2.6 })).toEqual({ ...settings, rate: 0.25, epochs: 3 })
  // A course may end at 0, where the setting itself has to be above it, and not where it has to be far above.
  expect(adjusted({ rate: 0 }).rate).toBe(0)
  expect(() => adjusted({ share: 0 })).toThrow("'share' can't become 0")
  expect(() => adjusted({ rate: -0.1 })).toThrow("'rate' can't become -0.1")
  expect(() => adjusted({ epochs: 0.4 })).toThrow("'epochs' can't become 0.4")
  expect(() => adjusted({ other: 2 })).toThrow(
    "'other' can't change while the agent learns: rate, epochs, share can",
  )
})
