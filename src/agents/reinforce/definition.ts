import { defineAgent } from '../agent.ts'
import { refusesActions } from '../distributions/for-space.ts'
import { Reinforce } from './agent.ts'
import { reinforceConfig } from './config.ts'

/** REINFORCE, for discrete, multi-discrete and box actions. */
export const reinforce = defineAgent({
  description:
    'REINFORCE with a learned value baseline and an entropy bonus: discrete, multi-discrete and box actions',
  config: reinforceConfig,
  refuses: refusesActions,
  factory: context => new Reinforce(context),
})
