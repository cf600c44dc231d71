import { z } from 'zod'

/** Where a group stands, how strong its gradient is among the groups, and how far the run has come. */
export const DEFAULT_FEATURES = ['depth', 'relative-gradient-rank', 'budget-left', 'trend']

/**
 * Settings of the cross-entropy method. The noise is that of Szita & Lőrincz 2006 (5 beside an initial variance of
 * 100, none from the 50th refit on); their population of 100 is too many of fine-tuning's expensive episodes.
 */
export const cemConfig = z.strictObject({
  features: z
    .array(z.union([z.string(), z.number().int().min(0)]))
    .max(1000)
    .optional()
    .describe(
      `elements of the observation that have a weight, by name or position; default: ${DEFAULT_FEATURES.join(', ')}, as far as there are such, else all`,
    ),
  population: z.number().int().min(3).max(10_000).default(8).describe('episodes a refit'),
  elite: z.number().positive().max(1).default(0.25).describe('share of them, at least 2, that is fitted to'),
  initialMean: z
    .array(z.number())
    .default([])
    .describe('means of w0 and of each weight at first; 0 where left out'),
  initialStd: z.number().positive().default(0.5).describe('deviation of every weight at first'),
  noise: z
    .number()
    .min(0)
    .default(0.05)
    .describe('variance that the first refit adds, as a share of the initial one'),
  noiseRefits: z.number().int().min(1).default(50).describe('refits over which that noise falls to 0'),
})

export type CemConfig = z.infer<typeof cemConfig>
