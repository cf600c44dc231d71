import { z } from 'zod'

/** The actor-critic's settings. */
export const actorCriticConfig = z.strictObject({
  hidden: z
    .array(z.number().int().min(1).max(512))
    .max(4)
    .default([32])
    .describe('units of the hidden layers, policy and value alike'),
  learningRate: z.number().positive().max(1).default(5e-3).describe("Adam's rate"),
  numSteps: z.number().int().min(1).default(128).describe('steps that one update takes'),
  epochs: z.number().int().min(1).default(4).describe('passes over the data of one update'),
  minibatches: z.number().int().min(1).default(2).describe('minibatches an epoch'),
  lambda: z.number().min(0).max(1).default(0.95).describe('λ of generalized advantage estimation'),
  epsilon: z
    .number()
    .positive()
    .max(1)
    .default(0.2)
    .describe('ε: the probability ratio is drawn to within 1 ± ε'),
  entropyCoefficient: z.number().min(0).max(10).default(0.01).describe('weight of the entropy bonus'),
  valueCoefficient: z.number().min(0).max(10).default(0.5).describe('weight of the value loss'),
})

export type ActorCriticConfig = z.infer<typeof actorCriticConfig>
