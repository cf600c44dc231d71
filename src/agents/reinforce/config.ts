import { z } from 'zod'

const rate = z.number().positive().max(1)

/**
 * Settings of REINFORCE. The defaults are for learning from few, expensive episodes: small networks, high rates,
 * an update every four episodes.
 */
export const reinforceConfig = z.strictObject({
  hidden: z
    .array(z.number().int().min(1).max(4096))
    .max(8)
    .default([32])
    .describe('units of the hidden layers, policy and value alike'),
  learningRate: rate.default(0.02).describe("Adam's rate for the policy"),
  valueLearningRate: rate.default(0.01).describe("Adam's rate for the value baseline"),
  entropyCoefficient: z.number().min(0).max(10).default(0.01).describe('weight of the entropy bonus'),
  episodesPerUpdate: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(4)
    .describe('episodes that one update takes'),
  normalizeAdvantages: z.boolean().default(true).describe('advantages to mean 0, deviation 1 an update'),
  maxGradNorm: z.number().positive().default(0.5).describe('bound on the norm of each gradient'),
  initialLogStd: z.number().min(-10).max(5).default(0).describe('log σ at first (Box actions)'),
  valueEpochs: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(20)
    .describe('steps of the value baseline an update, each on all transitions'),
})

export type ReinforceConfig = z.infer<typeof reinforceConfig>
