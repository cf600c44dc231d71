import { Discrete, defineAgent } from 'layergym'
import { z } from 'zod'
import { ActorCritic } from './actor-critic/agent.ts'
import { actorCriticConfig } from './actor-critic/config.ts'
import { Sarsa } from './sarsa.ts'

/** The agent's settings: a misspelt or wrong one is refused by name before anything runs. */
export const sarsaConfig = z.strictObject({
  learningRate: z
    .number()
    .positive()
    .max(1)
    .default(0.1)
    .describe('step size, divided by the features that are on'),
  lambda: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('how far back a surprise reaches: 0 one step, 1 all of them'),
  exploration: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('probability of a random action while learning'),
})

export const sarsa = defineAgent({
  description: 'SARSA(λ) with linear values',
  config: sarsaConfig,
  refuses: ({ actionSpace }) =>
    actionSpace instanceof Discrete
      ? undefined
      : `it values each of a few discrete actions, and these are ${JSON.stringify(actionSpace)}`,
  factory: context => new Sarsa(context),
})

export const actorCritic = defineAgent({
  description: 'an actor-critic with the simple policy objective, differentiated by the engine',
  config: actorCriticConfig,
  refuses: ({ actionSpace }) =>
    actionSpace instanceof Discrete
      ? undefined
      : `its policy is over a few discrete actions, and these are ${JSON.stringify(actionSpace)}`,
  factory: context => new ActorCritic(context),
})
