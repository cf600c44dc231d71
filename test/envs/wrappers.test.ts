import { describe, expect, test } from 'vitest'
import type { Env, Info, StepResult } from '../../src/envs/env.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { Box, Dict, Discrete, OneOf } from '../../src/envs/spaces.ts'
import { ClipAction } from '../../src/envs/wrappers/clip-action.ts'
import { FlattenObservation } from '../../src/envs/wrappers/flatten-observation.ts'
import { FrameStackObservation } from '../../src/envs/wrappers/frame-stack-observation.ts'
import { NormalizeObservation } from '../../src/envs/wrappers/normalize-observation.ts'
import { NormalizeReward } from '../../src/envs/wrappers/normalize-reward.ts'
import { GrayscaleObservation, ResizeObservation } from '../../src/envs/wrappers/picture-observations.ts'
import { RecordEpisodeStatistics } from '../../src/envs/wrappers/record-episode-statistics.ts'
import { RunningMoments } from '../../src/envs/wrappers/running-moments.ts'
import { TimeLimit } from '../../src/envs/wrappers/time-limit.ts'
import { unwrapped } from '../../src/envs/wrappers/wrapper.ts'
import { describeEnv } from '../../src/testing.ts'
import { fc, property } from '../support/property.ts'
import { Corridor } from './toys.ts'

describeEnv('TimeLimit', () => new TimeLimit(new Corridor(9), 7))
describeEnv('RecordEpisodeStatistics', () => new RecordEpisodeStatistics(new Corridor()))
describeEnv('ClipAction', () => new ClipAction(makeEnv<Float32Array, Float32Array>('Pendulum-v1')))
describeEnv('FlattenObservation', () => new FlattenObservation(makeEnv('FrozenLake-v1')))
// What normalises learns from every episode, so a seed alone doesn't decide what follows, unless it is frozen.
describeEnv('NormalizeObservation, frozen', () => frozen(new NormalizeObservation(new Corridor())))
describeEnv('NormalizeReward, frozen', () => frozen(new NormalizeReward(new Corridor())))

function frozen<E extends { frozen: boolean }>(env: E): E {
  env.frozen = true
  return env
}

test('stacks and smaller pictures keep their dtype', () => {
  const picture = new Box(0, 255, [2, 2, 3], 'uint8')
  const env: Env<Uint8Array, number> = {
    spec: { id: 'Pictures-v0' },
    observationSpace: picture,
    actionSpace: new Discrete(2),
    reset: () => ({ observation: new Uint8Array(12).fill(9), info: {} }),
    step: () => ({
      observation: new Uint8Array(12).fill(10),
      reward: 0,
      terminated: false,
      truncated: false,
      info: {},
    }),
  }
  const stacked = new FrameStackObservation(new ResizeObservation(new GrayscaleObservation(env), [1, 1]), 2)
  stacked.reset()
  const { observation } = stacked.step(0) as StepResult<Uint8Array>
  expect(observation).toEqual(Uint8Array.of(9, 10))
  expect(stacked.observationSpace.contains(observation)).toBe(true)
  expect(stacked.observationSpace.toJSON()).toMatchObject({ shape: [2, 1, 1], dtype: 'uint8' })
})

test('what a flat form holds beside one-hots has no bounds', () => {
  const inner = { ...slowly(new Corridor()), observationSpace: new OneOf(new Discrete(9)) }
  const { observationSpace } = new FlattenObservation(inner as unknown as Env<unknown, number>)
  expect(observationSpace.low[0]).toBe(-Infinity)
})

/** The same with promises. */
function slowly<O, A>(env: Env<O, A>): Env<O, A> {
  return {
    spec: env.spec,
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    reset: async options => env.reset(options),
    step: async action => env.step(action),
  }
}

/** Rewards and observations that a test writes down. */
function scripted(rewards: readonly number[], ends: readonly number[] = []): Env<Float32Array, number> {
  let t = 0
  return {
    spec: { id: 'Scripted' },
    observationSpace: new Box(-10, 10, [1]),
    actionSpace: new Discrete(2),
    reset: () => ({ observation: Float32Array.of(0), info: {} }),
    step() {
      const terminated = ends.includes(t)
      const observation = Float32Array.of(t + 1)
      return { observation, reward: rewards[t++], terminated, truncated: false, info: { kept: true } }
    },
  }
}

describe('TimeLimit', () => {
  test.each([
    ['at once', (env: Env<Float32Array, number>) => env],
    ['with promises', slowly<Float32Array, number>],
  ])('cuts after its steps, %s, and then refuses to step', async (_name, dress) => {
    const env = new TimeLimit(dress(new Corridor(9, 1000)), 3)
    expect(env.spec.maxEpisodeSteps).toBe(3)
    for (let episode = 0; episode < 2; episode++) {
      await env.reset({ seed: 9 })
      const flags: boolean[] = []
      for (const action of [1, 1, 0]) flags.push((await env.step(action)).truncated)
      expect(flags).toEqual([false, false, true])
      expect(() => env.step(1)).toThrow('call reset()')
    }
  })

  test('an end at the very limit has both flags, as in Gymnasium', () => {
    const env = new TimeLimit(scripted([0, 1], [1]), 2)
    env.reset()
    env.step(0)
    expect(env.step(0)).toMatchObject({ terminated: true, truncated: true })
  })

  test('a synchronous environment stays synchronous', () => {
    expect(new TimeLimit(new Corridor(), 3).reset()).not.toBeInstanceOf(Promise)
  })
})

describe('wrappers', () => {
  test('masks, snapshots and pictures exist where the inner environment has them', () => {
    const full = new RecordEpisodeStatistics(new TimeLimit(new Corridor(), 5))
    expect(full.actionMask?.()).toBeInstanceOf(Uint8Array)
    expect(full.render?.()).toEqual(expect.any(String))
    const bare = new RecordEpisodeStatistics(scripted([]))
    expect([bare.actionMask, bare.snapshot, bare.restore, bare.render]).toEqual(Array(4).fill(undefined))
    expect(unwrapped(full)).toBeInstanceOf(Corridor)
  })

  test('the statistics of an episode come with its last step, and the last ones are kept', async () => {
    let time = 1000
    const inner = scripted([1, 2, 3, 4, 5, 6], [1, 3, 5])
    const env = new RecordEpisodeStatistics(slowly(inner), { keep: 2, now: () => time })
    const infos: Info[] = []
    for (let episode = 0; episode < 3; episode++) {
      await env.reset()
      time += 500
      infos.push((await env.step(0)).info, (await env.step(0)).info)
    }
    expect(infos[0]).toEqual({ kept: true })
    expect(infos[1]).toEqual({ kept: true, episode: { return: 3, length: 2, seconds: 0.5 } })
    expect(env.episodes.map(episode => episode.return)).toEqual([7, 11])
  })

  test('a snapshot holds what was learned, and stays as it was', async () => {
    const env = new NormalizeReward(new NormalizeObservation(new Corridor(9)))
    env.reset({ seed: 1 })
    env.step(1)
    const saved = await env.snapshot?.()
    const future = [1, 1].map(action => env.step(action))
    for (const _time of ['once', 'twice']) {
      await env.restore?.(saved)
      expect([1, 1].map(action => env.step(action))).toEqual(future)
    }
  })

  test('observations are shifted and scaled by what was seen so far, not by more when frozen', () => {
    const env = new NormalizeObservation(scripted([0, 0, 0, 0]))
    expect(env.reset()).toMatchObject({ observation: Float32Array.of(0) })
    const seen = [0, 1, 2].map(() => (env.step(0) as StepResult<Float32Array>).observation[0])
    // After 0, 1, 2, 3: mean 1.5, variance 1.25, the prior's weight aside.
    expect(seen[2]).toBeCloseTo((3 - 1.5) / Math.sqrt(1.25), 3)
    env.frozen = true
    const before = env.moments.state()
    env.step(0)
    expect(env.moments.state()).toEqual(before)
  })

  test('rewards are divided by the deviation of discounted returns, which termination ends', () => {
    const env = new NormalizeReward(scripted([1, 1, 10], [1]), { gamma: 0.5 })
    env.reset()
    const returns = [1, 1, 10.5]
    const moments = new RunningMoments(1)
    for (const [t, reward] of [1, 1, 10].entries()) {
      moments.update([returns[t]])
      const expected = reward / Math.sqrt(moments.variance[0] + 1e-8)
      expect((env.step(0) as StepResult<Float32Array>).reward).toBeCloseTo(expected, 12)
    }
    expect(() => new NormalizeReward(scripted([]), { gamma: 1.1 })).toThrow('gamma in [0, 1]')
  })

  test('what is normalised is held within a bound where one is given, by moments that may be shared', () => {
    const moments = new RunningMoments(1)
    const [one, other] = [1, 2].map(
      () => new NormalizeObservation(scripted([0, 0]), { clip: 0.5, epsilon: 3, moments }),
    )
    expect((one.observationSpace as Box).toJSON()).toEqual(new Box(-0.5, 0.5, [1]).toJSON())
    one.reset()
    other.reset()
    expect(moments.count).toBeCloseTo(2, 3)
    const { observation } = one.step(0) as StepResult<Float32Array>
    // 0, 0, 1: mean 1/3, variance 2/9, and 3 on top.
    expect(observation[0]).toBeCloseTo(2 / 3 / Math.sqrt(2 / 9 + 3), 3)
    moments.restore({ mean: [-100], variance: [1], count: 1e9 })
    expect((one.step(0) as StepResult<Float32Array>).observation[0]).toBe(0.5)
    const rewards = new NormalizeReward(scripted([5, -5]), {
      clip: 0.25,
      gamma: 0,
      moments: new RunningMoments(1),
    })
    expect([0, 1].map(() => (rewards.step(0) as StepResult<Float32Array>).reward)).toEqual([0.25, -0.25])
    for (const options of [{ gamma: -0.1 }, { epsilon: 0 }])
      expect(() => new NormalizeReward(scripted([]), options)).toThrow('gamma in [0, 1] and epsilon > 0')
    for (const options of [{ gamma: 0 }, { gamma: 1 }]) new NormalizeReward(scripted([]), options)
  })

  test('moments of another size, or that are none, are refused', () => {
    const moments = new RunningMoments(2)
    const sound = { mean: [0, 1], variance: [1, 2], count: 3 }
    moments.restore(sound)
    expect(moments.state()).toEqual(sound)
    for (const wrong of [{ mean: [0] }, { variance: [1, Number.NaN] }, { count: 0 }, { mean: undefined }])
      expect(() => moments.restore({ ...sound, ...wrong } as never)).toThrow('moments of 2 numbers')
  })

  test('the statistics of the last hundred episodes are kept, and a clock may be put back', () => {
    let time = 1000
    const env = new RecordEpisodeStatistics(
      scripted(
        Array(101).fill(1),
        Array.from({ length: 101 }, (_, i) => i),
      ),
      { now: () => time },
    )
    for (let episode = 0; episode < 101; episode++) {
      env.reset()
      time -= 1
      env.step(0)
    }
    expect(env.episodes).toHaveLength(100)
    expect(env.episodes[0]).toEqual({ return: 1, length: 1, seconds: 0 })
  })

  test('closing goes through', async () => {
    let closed = 0
    const inner = { ...scripted([]), close: () => void closed++ }
    await new TimeLimit(new RecordEpisodeStatistics(inner), 3).close()
    expect(closed).toBe(1)
    await new TimeLimit(scripted([]), 3).close()
  })

  test('actions are clipped into the Box, the given array left alone', () => {
    const env = new ClipAction(makeEnv<Float32Array, Float32Array>('MountainCarContinuous-v0'))
    const plain = makeEnv<Float32Array, Float32Array>('MountainCarContinuous-v0')
    env.reset({ seed: 1 })
    plain.reset({ seed: 1 })
    const action = Float32Array.of(5)
    expect(env.step(action)).toEqual(plain.step(Float32Array.of(1)))
    expect(action[0]).toBe(5)
    expect(env.actionSpace.contains(Float32Array.of(1e6))).toBe(true)
    expect(() => new ClipAction(new Corridor() as never)).toThrow('Box actions')
  })

  test('observations of several parts become one vector within its bounds', async () => {
    const inner = {
      ...scripted([0]),
      observationSpace: new Dict({ cell: new Discrete(3), speed: new Box(-2, 5, [1]) }),
      reset: () => ({ observation: { cell: 1, speed: Float32Array.of(4) }, info: {} }),
    }
    const env = new FlattenObservation(inner as unknown as Env<{ cell: number; speed: Float32Array }, number>)
    expect([...env.observationSpace.low, ...env.observationSpace.high]).toEqual([0, 0, 0, -2, 1, 1, 1, 5])
    expect((await env.reset()).observation).toEqual(Float32Array.of(0, 1, 0, 4))
  })
})

describe('running moments', () => {
  property([fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 50 })])(
    'equal those of all values with a prior of weight 1e-4',
    values => {
      const moments = new RunningMoments(1)
      for (const value of values) moments.update([value])
      const count = values.length + 1e-4
      const mean = values.reduce((a, b) => a + b, 0) / count
      const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 1e-4 * (1 + mean ** 2))
      expect(moments.mean[0]).toBeCloseTo(mean, 8)
      expect(moments.variance[0]).toBeCloseTo(squares / count, 6)
      expect(moments.count).toBeCloseTo(count, 9)
    },
  )
})
