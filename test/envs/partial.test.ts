import { expect, test } from 'vitest'
import type { CartPole } from '../../src/envs/classic/cart-pole.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { unwrapped } from '../../src/envs/wrappers/wrapper.ts'
import { describeEnv } from '../../src/testing.ts'

describeEnv('CartPolePositions-v1', () => makeEnv('CartPolePositions-v1'))

test('it is CartPole, seen without velocities', () => {
  const [whole, partial] = ['CartPole-v1', 'CartPolePositions-v1'].map(id =>
    makeEnv<Float32Array, number>(id),
  )
  for (const env of [whole, partial]) {
    env.reset({ seed: 3 })
    ;(unwrapped(env) as CartPole).state = [0.01, 0.02, 0.03, 0.04]
  }
  for (let t = 0; t < 8; t++) {
    const [a, b] = [whole, partial].map(env => env.step(t % 2)) as {
      observation: Float32Array
      reward: number
    }[]
    expect([...b.observation]).toEqual([a.observation[0], a.observation[2]])
    expect(b.reward).toBe(a.reward)
    expect(partial.observationSpace.contains(b.observation)).toBe(true)
  }
})
