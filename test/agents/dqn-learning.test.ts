import { describe, expect, test } from 'vitest'
import { Dqn, refusesSpaces } from '../../src/agents/dqn/agent.ts'
import { DQN_PRESETS, dqnConfig, dqnSettings } from '../../src/agents/dqn/config.ts'
import { Rng } from '../../src/common/random.ts'
import { Box, Discrete, MultiDiscrete } from '../../src/envs/spaces.ts'
import type { TestContext } from '../../src/testing.ts'
import { Corridor } from '../envs/toys.ts'
import { greedyReturn, learnEpisodes } from './toy-learning.ts'

const make = (context: TestContext, config: Record<string, unknown> = {}) =>
  new Dqn({ ...context, config: dqnConfig.parse(config) })
const everything = { double: true, dueling: true, prioritized: true, nStep: 3 }

describe('settings of DQN', () => {
  test('come from the preset, which fits what is known of the training', () => {
    expect(dqnSettings({})).toEqual(DQN_PRESETS['fine-tuning'])
    expect(dqnSettings({ totalSteps: 500_000 })).toEqual(DQN_PRESETS.control)
    expect(dqnSettings({ preset: 'stable-baselines3', tau: 0.5 })).toEqual({
      ...DQN_PRESETS['stable-baselines3'],
      tau: 0.5,
    })
  })

  test('steps or episodes an update', () => {
    const context = { observationSpace: new Box(-1, 1, [1]), rng: Rng.of(1), gamma: 1 }
    const appetite = (config: Record<string, unknown>) =>
      make({ ...context, actionSpace: new Discrete(2) }, config).appetite
    expect(appetite({})).toEqual({ unit: 'episode', count: 1 })
    expect(appetite({ totalSteps: 1000 })).toEqual({ unit: 'step', count: 2 })
    expect(appetite({ trainFrequency: 4 })).toEqual({ unit: 'step', count: 4 })
  })

  test('actions that it has no values of are refused with the reason', () => {
    expect(refusesSpaces({ actionSpace: new MultiDiscrete([2, 2]) })).toMatch(/ppo takes MultiDiscrete/)
    expect(refusesSpaces({ actionSpace: new Discrete(2) })).toBeUndefined()
  })
})

describe('DQN learns the way through a corridor', () => {
  /** The mean over starts of the way straight to the goal. */
  const best = 1 - 0.05 * 1.5

  test.each([
    ['in 40 episodes', 40, {}],
    ['with everything', 40, everything],
    ['with a plain target, copied', 60, { double: false, nStep: 1, tau: 1, targetFrequency: 20 }],
  ])('%s, on five seeds of five', async (_, episodes, config) => {
    for (let seed = 0; seed < 5; seed++) {
      const env = new Corridor()
      const { observationSpace, actionSpace } = env
      const agent = make({ observationSpace, actionSpace, rng: Rng.of(seed), gamma: 0.95 }, config)
      await learnEpisodes(env, agent, { episodes, seed })
      expect(await greedyReturn(env, agent)).toBeGreaterThan(best - 0.1)
    }
  })
})
