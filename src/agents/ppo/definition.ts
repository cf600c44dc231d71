import { defineAgent } from '../plugin.ts'
import { Ppo, refusesSpaces } from './agent.ts'
import { ppoConfig } from './config.ts'

export const ppo = defineAgent({
  description:
    'proximal policy optimisation: clipped objective, GAE, discrete, multi-discrete and box actions',
  config: ppoConfig,
  refuses: refusesSpaces,
  factory: context => new Ppo(context),
})
