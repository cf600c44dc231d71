import { describe, expect, test } from 'vitest'
import type { Agent } from '../../src/agents/agent.ts'
import { refusesActions } from '../../src/agents/distributions/for-space.ts'
import { Ppo } from '../../src/agents/ppo/agent.ts'
import { PPO_PRESETS, ppoConfig, ppoRecipe, ppoSettings } from '../../src/agents/ppo/config.ts'
import { Rng } from '../../src/common/random.ts'
import type { Env, Space } from '../../src/envs/env.ts'
import { Box, Discrete, MultiBinary } from '../../src/envs/spaces.ts'
import type { TestContext } from '../../src/testing.ts'
import { Corridor, Target } from '../envs/toys.ts'
import { greedyReturn, learnEpisodes } from './toy-learning.ts'

const make = (context: TestContext, config: Record<string, unknown> = {}) =>
  new Ppo({ ...context, config: ppoConfig.parse(config) })

describe('settings of PPO', () => {
  const discrete = new Discrete(2)

  test('come from the preset, which fits what is known of the training', () => {
    expect(ppoSettings({}, discrete)).toEqual(PPO_PRESETS['fine-tuning'])
    expect(ppoSettings({ totalSteps: 500_000 }, discrete)).toEqual(PPO_PRESETS.control)
    expect(ppoSettings({ totalSteps: 1_000_000 }, new Box(0, 1, [1]))).toEqual(
      PPO_PRESETS['cleanrl-continuous'],
    )
    expect(ppoSettings({ preset: 'stable-baselines3', clip: 0.1 }, discrete)).toEqual({
      ...PPO_PRESETS['stable-baselines3'],
      clip: 0.1,
    })
  })

  test('and with it how many environments are played, and what is normalised', () => {
    const recipe = (config: Record<string, unknown>, actionSpace: Space<unknown> = discrete) =>
      ppoRecipe({ config: ppoConfig.parse(config), actionSpace })
    expect(recipe({ totalSteps: 1000 })).toEqual({ envs: 8 })
    expect(recipe({ totalSteps: 1000, preset: 'cleanrl' })).toEqual({ envs: 4 })
    expect(recipe({ totalSteps: 1000 }, new Box(0, 1, [1])).normalize).toEqual(['observations', 'rewards'])
  })

  test('steps or episodes an update', () => {
    const appetite = (config: Record<string, unknown>) => {
      const observationSpace = new Box(-1, 1, [1])
      return make({ observationSpace, actionSpace: discrete, rng: Rng.of(1), gamma: 1 }, config).appetite
    }
    expect(appetite({})).toEqual({ unit: 'episode', count: 2 })
    expect(appetite({ totalSteps: 1000 })).toEqual({ unit: 'step', count: 1024 })
    expect(appetite({ numSteps: 64 })).toEqual({ unit: 'step', count: 64 })
    expect(appetite({ preset: 'cleanrl', episodesPerUpdate: 3 })).toEqual({ unit: 'episode', count: 3 })
  })

  test('spaces that it has no policy over are refused with the reason', () => {
    expect(refusesActions({ actionSpace: new MultiBinary(2) })).toMatch(
      /Discrete \(from 0 on\), MultiDiscrete and Box/,
    )
    expect(refusesActions({ actionSpace: new Box(0, 1, [1]) })).toBeUndefined()
  })
})

describe('PPO learns', () => {
  async function scores<A>(makeEnv: () => Env<Float32Array, A>, episodes: number, config = {}) {
    const results: number[] = []
    for (let seed = 0; seed < 5; seed++) {
      const env = makeEnv()
      const { observationSpace, actionSpace } = env
      const agent: Agent<unknown, unknown> = make(
        { observationSpace, actionSpace, rng: Rng.of(seed), gamma: 0.95 },
        config,
      )
      await learnEpisodes(env, agent, { episodes, seed })
      results.push(await greedyReturn(env, agent))
    }
    return results
  }
  /** The mean over starts of the way straight to the goal. */
  const best = 1 - 0.05 * 1.5

  test('the way through a corridor in 40 episodes, on five seeds of five', async () => {
    for (const score of await scores(() => new Corridor(), 40)) expect(score).toBeGreaterThan(best - 0.1)
  })

  test("the same from steps, with CleanRL's settings", async () => {
    const config = { preset: 'cleanrl', numSteps: 256, learningRate: 1e-3 }
    for (const score of await scores(() => new Corridor(), 600, config)) {
      expect(score).toBeGreaterThan(best - 0.1)
    }
  })

  test('a continuous target beyond which actions are clipped', async () => {
    const config = { episodesPerUpdate: 16 }
    for (const score of await scores(() => new Target(), 800, config)) expect(score).toBeGreaterThan(-0.1)
  })

  test('not from nothing: without updates it stays far from the best', async () => {
    const results = await scores(() => new Target(), 0)
    expect(results.reduce((a, b) => a + b) / 5).toBeLessThan(-0.5)
  })
})
