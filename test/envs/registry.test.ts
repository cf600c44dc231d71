import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineEnv } from '../../src/envs/definition.ts'
import { makeDefined, makeEnv, makeEnvAsync, registerEnv, registeredEnvs } from '../../src/envs/registry.ts'
import { TimeLimit } from '../../src/envs/wrappers/time-limit.ts'
import { unwrapped } from '../../src/envs/wrappers/wrapper.ts'
import { Corridor } from './toys.ts'

const corridor = defineEnv({
  description: 'walk right',
  maxEpisodeSteps: 3,
  options: z.strictObject({ length: z.number().int().min(3).default(30) }),
  make: (_, { length }) => new Corridor(length, 1000),
})

describe('makeEnv', () => {
  test('every registered environment is made under its id, with its limit and threshold', () => {
    for (const [id, { maxEpisodeSteps, rewardThreshold, renderFps }] of registeredEnvs()) {
      const { spec } = makeEnv(id)
      expect(spec).toEqual({
        id,
        ...(maxEpisodeSteps === undefined ? {} : { maxEpisodeSteps }),
        ...(renderFps === undefined ? {} : { renderFps }),
        ...(rewardThreshold === undefined ? {} : { rewardThreshold }),
      })
    }
  })

  test.each([
    ['CartPol-v1', "did you mean 'CartPole-v1'?"],
    ['cartpole-v1', "did you mean 'CartPole-v1'?"],
    ['Nothing-v0', 'known: CartPole-v0'],
    ['CartPole-v7', 'there is CartPole-v0, CartPole-v1'],
    ['', 'known: CartPole-v0'],
  ])("'%s' is told what there is", (id, message) => {
    expect(() => makeEnv(id)).toThrow(message)
  })

  test('without a version, the newest', () => {
    expect(makeEnv('CartPole').spec.id).toBe('CartPole-v1')
  })

  test('options are checked', () => {
    expect(() => makeEnv('Pendulum-v1', { G: 9.8 })).toThrow("no option 'G': did you mean 'g'?")
    expect(() => makeEnv('Pendulum-v1', { g: 'x' })).toThrow("option 'g' of Pendulum-v1")
    expect(() => makeEnv('FrozenLake-v1', { map: ['SF', 'F'] })).toThrow('rows of equal length')
    expect(() => makeEnv('CartPole-v1', { maxEpisodeSteps: 0 })).toThrow('integer >= 1')
  })

  test('what has things to load first is awaited; what was begun is closed where nobody waits', async () => {
    let closed = 0
    const loading = defineEnv({
      ...corridor,
      heavy: true,
      nondeterministic: true,
      make: async spec => Object.assign(new Corridor(5, 1000), { spec, close: () => void closed++ }),
    })
    registerEnv('toys/Loading-v0', loading)
    expect(() => makeEnv('toys/Loading-v0')).toThrow("await makeEnvAsync('toys/Loading-v0')")
    await new Promise(resolve => setImmediate(resolve))
    expect(closed).toBe(1)
    const env = await makeEnvAsync('toys/Loading')
    expect(env.spec).toEqual({
      id: 'toys/Loading-v0',
      maxEpisodeSteps: 3,
      heavy: true,
      nondeterministic: true,
    })
    const own = await makeDefined('Mine', loading, { maxEpisodeSteps: 7 })
    expect(own.spec).toMatchObject({ id: 'Mine', maxEpisodeSteps: 7 })
  })

  test('the time limit can be changed or taken away', async () => {
    const env = makeEnv('Pendulum-v1', { maxEpisodeSteps: 2 })
    expect(env.spec.maxEpisodeSteps).toBe(2)
    await env.reset({ seed: 1 })
    expect(await env.step(Float32Array.of(0))).toMatchObject({ truncated: false })
    expect(await env.step(Float32Array.of(0))).toMatchObject({ truncated: true, terminated: false })
    expect(makeEnv('Pendulum-v1', { maxEpisodeSteps: null })).not.toBeInstanceOf(TimeLimit)
  })
})

describe('registerEnv', () => {
  test("adds one's own, once", async () => {
    registerEnv('toys/Corridor-v0', corridor)
    const env = makeEnv('toys/Corridor-v0', { length: 8 })
    expect((unwrapped(env) as Corridor).length).toBe(8)
    expect(env.spec.maxEpisodeSteps).toBe(3)
    expect(() => registerEnv('toys/Corridor-v0', corridor)).toThrow('registered already')
    registerEnv('toys/Corridor-v2', corridor)
    expect(() => makeEnv('toys/Corridor-v1')).toThrow('there is toys/Corridor-v0, toys/Corridor-v2')
  })

  test.each(['Corridor', 'Corridor-1', 'a b-v0', '-v0', 'x/y/z-v0'])("refuses the id '%s'", id => {
    expect(() => registerEnv(id, corridor)).toThrow('Name-vN')
  })
})
