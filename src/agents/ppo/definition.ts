import { defineAgent } from '../agent.ts'
import { refusesActions } from '../distributions/for-space.ts'
import { Ppo } from './agent.ts'
import { ppoConfig, ppoRecipe, wholePpoConfig } from './config.ts'

/** Proximal policy optimisation, for discrete, multi-discrete and box actions. */
export const ppo = defineAgent({
  description:
    'proximal policy optimisation: clipped objective, GAE, discrete, multi-discrete and box actions',
  config: ppoConfig,
  refuses: refusesActions,
  recipe: ppoRecipe,
  settings: wholePpoConfig,
  factory: context => new Ppo(context),
})
