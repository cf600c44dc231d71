import { defineAgent } from '../agent.ts'
import { Dqn, refusesSpaces } from './agent.ts'
import { dqnConfig, wholeDqnConfig } from './config.ts'

/** Deep Q-learning, for discrete actions: settings are those of `layergym list agents`. */
export const dqn = defineAgent({
  description:
    'deep Q-learning: replay and a target network; double, dueling, n-step, prioritized as options',
  config: dqnConfig,
  refuses: refusesSpaces,
  settings: wholeDqnConfig,
  factory: context => new Dqn(context),
})
