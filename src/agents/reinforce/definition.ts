import { defineAgent } from '../plugin.ts'
import { Reinforce, refusesSpaces } from './agent.ts'
import { reinforceConfig } from './config.ts'

export const reinforce = defineAgent({
  description: 'REINFORCE with a learned value baseline and an entropy bonus',
  config: reinforceConfig,
  refuses: refusesSpaces,
  factory: context => new Reinforce(context),
})
