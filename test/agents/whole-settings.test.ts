import { describe, expect, test } from 'vitest'
import { DQN_PRESETS, dqnConfig, dqnSettings, wholeDqnConfig } from '../../src/agents/dqn/config.ts'
import { PPO_PRESETS, ppoConfig, ppoSettings, wholePpoConfig } from '../../src/agents/ppo/config.ts'
import { Discrete } from '../../src/envs/spaces.ts'

const actionSpace = new Discrete(2)

/** As a run's config.json keeps it. */
const written = (config: object) => JSON.parse(JSON.stringify(config))

describe('an agent’s whole settings, written down and read again, are its settings', () => {
  test.each(Object.keys(DQN_PRESETS))('DQN’s %s', preset => {
    const config = dqnConfig.parse({ preset, learningRate: 0.0123 })
    const again = dqnConfig.parse(written(wholeDqnConfig({ config })))
    expect(dqnSettings(again)).toEqual(dqnSettings(config))
  })

  test.each(Object.keys(PPO_PRESETS))('PPO’s %s', preset => {
    const config = ppoConfig.parse({ preset, clip: 0.123 })
    const again = ppoConfig.parse(written(wholePpoConfig({ config, actionSpace })))
    expect(ppoSettings(again, actionSpace)).toEqual(ppoSettings(config, actionSpace))
  })
})
