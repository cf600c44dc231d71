import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Env } from '../../src/envs/env.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { Box, Discrete } from '../../src/envs/spaces.ts'
import { ClipAction } from '../../src/envs/wrappers/clip-action.ts'
import { FlattenObservation } from '../../src/envs/wrappers/flatten-observation.ts'
import { FrameStackObservation } from '../../src/envs/wrappers/frame-stack-observation.ts'
import { WRAPPERS as WRAPPERS_BY_NAME, wrapped } from '../../src/envs/wrappers/named.ts'
import { PassiveChecker } from '../../src/envs/wrappers/passive-checker.ts'
import { GrayscaleObservation, ResizeObservation } from '../../src/envs/wrappers/picture-observations.ts'
import { RescaleAction } from '../../src/envs/wrappers/rescale-action.ts'
import { TimeAwareObservation } from '../../src/envs/wrappers/time-aware-observation.ts'
import { TimeLimit } from '../../src/envs/wrappers/time-limit.ts'
import { TransformObservation } from '../../src/envs/wrappers/transform-observation.ts'
import { TransformReward } from '../../src/envs/wrappers/transform-reward.ts'
import { describeEnv } from '../../src/testing.ts'
import { Corridor } from './toys.ts'

interface Case {
  readonly shape: readonly number[]
  readonly low: readonly number[]
  readonly high: readonly number[]
  readonly inner: { readonly shape: readonly number[]; readonly low: number; readonly high: number }
  readonly script: readonly (readonly number[])[]
  readonly actions: readonly (readonly number[])[]
  readonly taken: readonly (readonly number[])[]
  readonly seen: readonly (readonly number[])[]
  readonly rewards: readonly number[]
}

const cases = JSON.parse(
  readFileSync(new URL('../golden/wrappers_gymnasium.json', import.meta.url), 'utf8'),
) as Record<string, Case>
const STEPS = 5
type Vectors = Env<Float32Array, Float32Array>

const WRAPPERS: Record<string, (env: Vectors) => Vectors> = {
  'time-aware': env => new TimeAwareObservation(new TimeLimit(env, 8)),
  'time-aware, normalized': env => new TimeAwareObservation(new TimeLimit(env, 8), { normalize: true }),
  'frame-stack 3': env => new FrameStackObservation(env, 3),
  'frame-stack 2 of pictures': env => new FrameStackObservation(env, 2),
  'transform-observation': env =>
    new TransformObservation(env, o => o.slice(0, 2).map(x => 2 * x), new Box(-8, 8, [2])),
  'transform-reward': env => new TransformReward(env, reward => 3 * reward + 1),
  'rescale-action': env => new RescaleAction(env),
  grayscale: env => new GrayscaleObservation(env),
  'resize 4x6': env => new ResizeObservation(env, [4, 6]),
  'resize 3x3': env => new ResizeObservation(env, [3, 3]),
  'resize grey 5x2': env => new ResizeObservation(env, [5, 2]),
}

/** The script of the golden file; what it was given is in `taken`. */
function scripted({ inner, script }: Case): Vectors & { readonly taken: number[][] } {
  let [at, t] = [-1, 0]
  const taken: number[][] = []
  const next = () => Float32Array.from(script[++at])
  return {
    taken,
    spec: { id: 'Scripted-v0' },
    observationSpace: new Box(inner.low, inner.high, inner.shape),
    actionSpace: new Box([-2, 0], [2, 5], [2]),
    reset() {
      t = 0
      return { observation: next(), info: {} }
    },
    step(action) {
      taken.push([...action])
      t++
      return { observation: next(), reward: t * 0.5 - 1, terminated: t === STEPS, truncated: false, info: {} }
    },
  }
}

describe.each(Object.keys(cases))('%s is as Gymnasium’s', name => {
  const golden = cases[name]
  test('spaces, observations, rewards, inner actions', async () => {
    const inner = scripted(golden)
    const env = WRAPPERS[name](inner)
    const { low, high, shape } = env.observationSpace as Box
    expect(shape).toEqual(golden.shape)
    for (const [i, bound] of [...low].entries()) expect(bound).toBeCloseTo(golden.low[i], 5)
    for (const [i, bound] of [...high].entries()) expect(bound).toBeCloseTo(golden.high[i], 5)
    const seen: Float32Array[] = []
    const rewards: number[] = []
    for (let episode = 0; episode < 2; episode++) {
      seen.push((await env.reset()).observation)
      for (let t = 0; t < STEPS; t++) {
        const result = await env.step(Float32Array.from(golden.actions[episode * STEPS + t]))
        expect(env.observationSpace.contains(result.observation)).toBe(true)
        seen.push(result.observation)
        rewards.push(result.reward)
      }
    }
    expect(rewards).toEqual(golden.rewards)
    for (const [i, observation] of seen.entries())
      for (const [j, value] of [...observation].entries())
        expect(value, `${name} ${i} ${j}`).toBeCloseTo(golden.seen[i][j], 5)
    for (const [i, action] of inner.taken.entries())
      for (const [j, value] of action.entries()) expect(value).toBeCloseTo(golden.taken[i][j], 5)
  })
})

// Snapshots go on bit by bit, seeds repeat, results are in their spaces.
describeEnv('TimeAwareObservation', () => new TimeAwareObservation(new TimeLimit(new Corridor(), 9)))
describeEnv('FrameStackObservation', () => new FrameStackObservation(new Corridor(), 4))
describeEnv('RescaleAction', () => new RescaleAction(makeEnv<unknown, Float32Array>('Pendulum-v1')))
describeEnv('PassiveChecker', () => new PassiveChecker(new Corridor()))
describeEnv('TransformReward', () => new TransformReward(new Corridor(), reward => reward / 10))

test('what a wrapper can’t wrap is refused with the reason', () => {
  const pole = makeEnv<Float32Array, number>('CartPole-v1')
  const lake = makeEnv<never, number>('FrozenLake-v1')
  expect(() => new TimeAwareObservation(lake)).toThrow(/needs Box observations.*FlattenObservation/)
  const endless = scripted(cases['time-aware'])
  expect(() => new TimeAwareObservation(endless)).toThrow(/no time limit.*TimeLimit/)
  expect(() => new FrameStackObservation(pole, 0)).toThrow('>= 1 of frames, not 0')
  expect(() => new RescaleAction(pole as never)).toThrow(/needs Box actions/)
  expect(() => new GrayscaleObservation(pole)).toThrow(/needs pictures.*\[4\]/)
  const square = { ...scripted(cases['frame-stack 2 of pictures']) }
  expect(() => new GrayscaleObservation(square)).toThrow('pictures of 1 channels')
  expect(() => new ResizeObservation(square, [8, 5])).toThrow("7x5 can't be resized to 8x5")
})

test('wrappers go by their names on the command line, the first innermost', () => {
  const pole = makeEnv('CartPole-v1')
  const env = wrapped(pole, ['time-aware', 'frame-stack=3', 'passive-checker'])
  expect((env.observationSpace as Box).shape).toEqual([3, 5])
  expect(wrapped(pole, ['time-limit=7']).spec.maxEpisodeSteps).toBe(7)
  expect(() => wrapped(pole, ['frame-stak=3'])).toThrow("did you mean 'frame-stack'")
  expect(() => wrapped(pole, ['frame-stack'])).toThrow(/'frame-stack' can't be made.*frame-stack=4/)
  expect(() => wrapped(pole, ['resize=84'])).toThrow('resize=84x84')
  expect(() => wrapped(pole, ['toString'])).toThrow('wrapper')
})

test('every name makes its wrapper, with its values', () => {
  const pole = makeEnv('CartPole-v1')
  const pendulum = makeEnv('Pendulum-v1')
  const pictures = scripted(cases.grayscale) as Env<unknown, unknown>
  const made: readonly (readonly [Env<unknown, unknown>, string, new (...given: never[]) => unknown])[] = [
    [pole, 'time-aware', TimeAwareObservation],
    [pole, 'frame-stack=2', FrameStackObservation],
    [pole, 'flatten', FlattenObservation],
    [pictures, 'grayscale', GrayscaleObservation],
    [pictures, 'resize=3x2', ResizeObservation],
    [pendulum, 'rescale-action', RescaleAction],
    [pendulum, 'clip-action', ClipAction],
    [pole, 'time-limit=3', TimeLimit],
    [pole, 'passive-checker', PassiveChecker],
  ]
  for (const [env, name, kind] of made) expect(wrapped(env, [name])).toBeInstanceOf(kind)
  expect(Object.keys(WRAPPERS_BY_NAME).sort()).toEqual(made.map(([, name]) => name.split('=')[0]).sort())
  expect((wrapped(pictures, ['resize=3x2']).observationSpace as Box).shape.slice(0, 2)).toEqual([3, 2])
  expect((wrapped(pole, ['time-aware']).observationSpace as Box).high[4]).toBe(1)
  expect(wrapped(pole, [])).toBe(pole)
  for (const name of ['resize=3xa', 'resize=3x2x1', 'flatten=2', 'time-limit'])
    expect(() => wrapped(pole, [name])).toThrow("can't be made")
})

test('actions are rescaled from bounds that are some, to bounds that are some', () => {
  const pendulum = makeEnv<unknown, Float32Array>('Pendulum-v1')
  for (const [low, high] of [
    [1, 1],
    [2, 1],
    [-Infinity, 1],
  ])
    expect(() => new RescaleAction(pendulum, low, high)).toThrow(`not from [${low}, ${high}]`)
  for (const space of [new Box(-Infinity, 1, [1]), new Box(-1, Infinity, [1]), new Box(0, 3, [1], 'int32')])
    expect(
      () => new RescaleAction({ ...scripted(cases['rescale-action']), actionSpace: space as never }),
    ).toThrow(/needs Box actions \(float32\) with finite bounds/)
  const given: number[] = []
  const inner = {
    ...scripted(cases['rescale-action']),
    step: (action: Float32Array) => given.push(...action),
  }
  const env = new RescaleAction(inner as never, 0, 10)
  for (const x of [0, 5, 10, 20, -5]) env.step(Float32Array.of(x, x))
  expect(given).toEqual([-2, 0, 0, 2.5, 2, 5, 2, 5, -2, 0])
  expect((env.actionSpace as Box).toJSON()).toEqual(new Box(0, 10, [2]).toJSON())
})

test('PassiveChecker stops at the first fault, and names it', async () => {
  const broken = (change: object): Env<Float32Array, number> => ({
    spec: { id: 'Broken-v0' },
    observationSpace: new Box(-1, 1, [1]),
    actionSpace: new Discrete(3),
    actionMask: () => Uint8Array.of(1, 0, 1),
    reset: () => ({ observation: Float32Array.of(0), info: {} }),
    step: () => ({
      observation: Float32Array.of(0),
      reward: 0,
      terminated: false,
      truncated: false,
      info: {},
      ...change,
    }),
  })
  const played = async (change: object, action: number) => {
    const env = new PassiveChecker(broken(change))
    await env.reset()
    return env.step(action)
  }
  expect(await played({}, 2)).toMatchObject({ reward: 0 })
  await expect(played({ reward: Number.NaN }, 0)).rejects.toThrow(/Broken-v0: the reward is NaN/)
  await expect(played({ observation: Float32Array.of(2) }, 0)).rejects.toThrow(/which is not in/)
  await expect(played({}, 3)).rejects.toThrow(/given the action 3, which is not in/)
  await expect(played({}, 1)).rejects.toThrow(/given the action 1, which its mask forbids/)
})
