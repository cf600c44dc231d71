import { defineAgent } from '../agent.ts'
import { refusesActions } from '../distributions/for-space.ts'
import { RecurrentPpo } from './agent.ts'
import { recurrentConfig, recurrentRecipe, wholeRecurrentConfig } from './config.ts'

/** Proximal policy optimisation with a memory, where one observation doesn't tell enough. */
export const recurrentPpo = defineAgent({
  description: 'PPO with a memory (GRU): for environments where one observation does not tell enough',
  config: recurrentConfig,
  refuses: refusesActions,
  recipe: recurrentRecipe,
  settings: wholeRecurrentConfig,
  factory: context => new RecurrentPpo(context),
})
