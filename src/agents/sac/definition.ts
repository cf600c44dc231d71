import { defineAgent } from '../agent.ts'
import { refusesSpaces, Sac } from './agent.ts'
import { sacConfig, wholeSacConfig } from './config.ts'

/** Soft actor-critic, for box actions with bounds and for discrete ones. */
export const sac = defineAgent({
  description: 'soft actor-critic with automatic temperature: box actions with bounds, and discrete ones',
  config: sacConfig,
  refuses: refusesSpaces,
  settings: wholeSacConfig,
  factory: context => new Sac(context),
})
