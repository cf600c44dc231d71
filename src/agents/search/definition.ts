import { z } from 'zod'
import { defineAgent } from '../agent.ts'
import { ConstantSearch, refusesUnbounded } from './agent.ts'
import { CrossEntropyMethod, refusesMany } from './cem.ts'
import { cemConfig } from './cem-config.ts'
import { grid, tpe, uniform } from './propose.ts'

export const randomSearch = defineAgent({
  description: 'the same random action for a whole episode, the best one in the end (Bergstra & Bengio 2012)',
  config: z.strictObject({}),
  refuses: refusesUnbounded,
  factory: context => new ConstantSearch(context, uniform),
})

export const gridSearch = defineAgent({
  description: 'each point of a grid for a whole episode, in a random order; the best one in the end',
  config: z.strictObject({
    points: z.number().int().min(2).max(1000).default(3).describe('points a dimension, both ends among them'),
  }),
  refuses: refusesUnbounded,
  factory: context => new ConstantSearch(context, grid(context.config.points)),
})

/** Optuna's defaults (optuna.samplers.TPESampler): 10 uniform trials, 24 candidates, a tenth good. */
const tpeConfig = z.strictObject({
  startupTrials: z.number().int().min(1).default(10).describe('uniform trials before the first estimate'),
  gamma: z.number().positive().max(1).default(0.1).describe('share of the trials that count as good'),
  candidates: z.number().int().min(1).max(10_000).default(24).describe('candidates a proposal'),
})

export const tpeSearch = defineAgent({
  description:
    'one action for a whole episode, proposed by what earlier ones returned (TPE: Bergstra et al. 2011)',
  config: tpeConfig,
  refuses: refusesUnbounded,
  factory: context => new ConstantSearch(context, tpe(context.config)),
})

export const cem = defineAgent({
  description:
    'a linear policy whose weights are drawn near the best so far (noisy CEM: Szita & Lorincz 2006)',
  config: cemConfig,
  refuses: refusesMany,
  factory: context => new CrossEntropyMethod(context),
})
