import { defineAgent } from '../agent.ts'
import { Dqn, refusesSpaces } from './agent.ts'
import { dqnConfig } from './config.ts'

export const dqn = defineAgent({
  description:
    'deep Q-learning: replay and a target network; double, dueling, n-step, prioritized as options',
  config: dqnConfig,
  refuses: refusesSpaces,
  factory: context => new Dqn(context),
})
