import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import type { Env, ResetResult, StepResult } from '../../src/envs/env.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { type AutoresetMode, autoresetModes, VectorEnv } from '../../src/envs/vector.ts'
import { fc, property } from '../support/property.ts'
import { Corridor } from './toys.ts'

type Toy = Env<Float32Array, number>

function slowly(env: Toy): Toy {
  return {
    spec: env.spec,
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    reset: async options => env.reset(options),
    step: async action => env.step(action),
    actionMask: () => env.actionMask?.() ?? new Uint8Array(),
  }
}

const choose = (rng: Rng, env: { readonly actionMask?: Toy['actionMask'] }) => {
  const mask = env.actionMask?.()
  return mask?.[0] === 0 ? 1 : rng.int(2)
}

/** What N environments do one by one, each with the mode's own rule; the final observations in order. */
function oneByOne(n: number, steps: number, seed: number, mode: AutoresetMode) {
  const envs = Array.from({ length: n }, () => new Corridor(4, 5))
  const rngs = envs.map((_, i) => Rng.of(seed, i))
  const over = envs.map(() => false)
  const first = envs.map((env, i) => env.reset({ seed: seed + i }).observation)
  const rows = Array.from({ length: steps }, () =>
    envs.map((env, i) => {
      if (over[i]) {
        over[i] = false
        const { observation } = env.reset()
        if (mode === 'next-step') return { observation, reward: 0, ended: 0, final: undefined }
      }
      const result: StepResult<Float32Array> = env.step(choose(rngs[i], env))
      const ended = Number(result.terminated) + 2 * Number(result.truncated)
      const final = ended > 0 ? result.observation : undefined
      if (ended > 0 && mode === 'same-step') {
        const next: ResetResult<Float32Array> = env.reset()
        return { observation: next.observation, reward: result.reward, ended, final }
      }
      over[i] = ended > 0
      return { observation: result.observation, reward: result.reward, ended, final }
    }),
  )
  return { first, rows }
}

async function together(
  n: number,
  steps: number,
  seed: number,
  mode: AutoresetMode,
  dress: (env: Toy) => Toy,
) {
  const corridors = Array.from({ length: n }, () => new Corridor(4, 5))
  const envs = new VectorEnv<Float32Array, number>(corridors.map(dress), mode)
  const rngs = corridors.map((_, i) => Rng.of(seed, i))
  const { observations: first } = await envs.reset({ seed })
  let ended = new Uint8Array(n)
  const rows = []
  for (let t = 0; t < steps; t++) {
    if (mode === 'disabled' && ended.includes(1)) await envs.reset({ mask: ended })
    // In the mode next-step, an ended environment ignores its action: no draw is spent on it.
    const idle = (i: number) => mode === 'next-step' && ended[i] === 1
    const actions = corridors.map((corridor, i) => (idle(i) ? 0 : choose(rngs[i], corridor)))
    const { observations, rewards, terminated, truncated, infos } = await envs.step(actions)
    rows.push(
      observations.map((observation, i) => {
        const flags = terminated[i] + 2 * truncated[i]
        return { observation, reward: rewards[i], ended: flags, final: infos[i].finalObservation }
      }),
    )
    ended = Uint8Array.from(terminated, (bit, i) => bit | truncated[i])
  }
  return { first, rows }
}

describe('a VectorEnv does what its environments do one by one', () => {
  for (const mode of autoresetModes) {
    property([fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 30 }), fc.nat(1000)], {
      numRuns: 40,
    })(`autoreset ${mode}`, async (n, steps, seed) => {
      const expected = oneByOne(n, steps, seed, mode)
      expect(await together(n, steps, seed, mode, env => env)).toEqual(expected)
      expect(await together(n, steps, seed, mode, slowly)).toEqual(expected)
    })
  }
})

describe('VectorEnv', () => {
  const corridors = (n: number) => Array.from({ length: n }, () => new Corridor(4, 5))

  test('synchronous environments step at once', () => {
    const envs = new VectorEnv(corridors(2))
    expect(envs.reset({ seed: 1 })).not.toBeInstanceOf(Promise)
    expect(envs.step([1, 1])).not.toBeInstanceOf(Promise)
  })

  test('seeds: one number counts up, a list is taken as it is', async () => {
    const envs = new VectorEnv(Array.from({ length: 3 }, () => makeEnv<Float32Array, number>('CartPole-v1')))
    const single = makeEnv<Float32Array, number>('CartPole-v1')
    const { observations } = await envs.reset({ seed: 5 })
    for (const i of [0, 1, 2]) {
      expect(observations[i]).toEqual((await single.reset({ seed: 5 + i })).observation)
    }
    const same = await envs.reset({ seed: [7, 7, undefined] })
    expect(same.observations[0]).toEqual(same.observations[1])
    expect(() => envs.reset({ seed: [1] })).toThrow('seeds: one an environment, 3, not 1')
  })

  test('a mask resets those that it names and leaves the others', async () => {
    const envs = new VectorEnv(corridors(2), 'disabled')
    const { observations } = await envs.reset({ seed: 1 })
    const later = await envs.reset({ seed: 50, mask: Uint8Array.of(0, 1) })
    expect(later.observations[0]).toBe(observations[0])
  })

  test.each(autoresetModes)('%s: a step before the first reset is refused', mode => {
    expect(() => new VectorEnv(corridors(2), mode).step([1, 1])).toThrow('call reset()')
  })

  test('disabled: a step past an end is refused', async () => {
    const envs = new VectorEnv(corridors(1), 'disabled')
    await envs.reset({ seed: 1 })
    let ended = false
    while (!ended) ended = (await envs.step([1])).terminated[0] === 1
    expect(() => envs.step([1])).toThrow('environment 0 has no episode')
  })

  test('masks are those of the running episodes', async () => {
    const envs = new VectorEnv(corridors(2))
    expect(envs.actionMasks()).toEqual([undefined, undefined])
    await envs.reset({ seed: 1 })
    expect(envs.actionMasks()).toEqual(envs.envs.map(env => env.actionMask?.()))
  })

  test('a snapshot brings back every environment', async () => {
    const envs = new VectorEnv(corridors(3), 'same-step')
    await envs.reset({ seed: 1 })
    await envs.step([1, 1, 1])
    const saved = await envs.snapshot()
    const play = async () => {
      const rows = []
      for (let t = 0; t < 12; t++) rows.push(await envs.step([1, 1, 1]))
      return rows
    }
    const future = await play()
    await envs.restore(saved)
    expect(await play()).toEqual(future)
  })

  test('is told what it was built of', () => {
    expect(() => new VectorEnv([])).toThrow('at least one')
    const mixed = [makeEnv('CartPole-v1'), makeEnv('Acrobot-v1')]
    expect(() => new VectorEnv(mixed)).toThrow('environments 0 and 1 differ in observationSpace')
    expect(() => new VectorEnv(corridors(2)).step([1])).toThrow('actions: one an environment, 2, not 1')
  })
})
