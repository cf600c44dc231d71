import { z } from 'zod'
import type { Space } from '../../envs/env.ts'
import { Box } from '../../envs/spaces.ts'

/** Everything that PPO's learning depends on, besides γ. */
export interface PpoSettings {
  readonly hidden: readonly number[]
  readonly learningRate: number
  readonly annealLearningRate: boolean
  readonly totalSteps: number
  readonly numSteps: number
  readonly episodesPerUpdate?: number
  readonly lambda: number
  readonly minibatches: number
  readonly epochs: number
  readonly normalizeAdvantages: boolean
  readonly clip: number
  readonly clipValueLoss: boolean
  readonly entropyCoefficient: number
  readonly valueCoefficient: number
  readonly maxGradNorm: number
  readonly targetKl?: number
  readonly initialLogStd: number
}

/** cleanrl/ppo.py: 128 steps of each of 4 environments an update. */
const cleanrl: PpoSettings = {
  hidden: [64, 64],
  learningRate: 2.5e-4,
  annealLearningRate: true,
  totalSteps: 500_000,
  numSteps: 4 * 128,
  lambda: 0.95,
  minibatches: 4,
  epochs: 4,
  normalizeAdvantages: true,
  clip: 0.2,
  clipValueLoss: true,
  entropyCoefficient: 0.01,
  valueCoefficient: 0.5,
  maxGradNorm: 0.5,
  initialLogStd: 0,
}

export const PPO_PRESETS = {
  cleanrl,
  /** cleanrl/ppo_continuous_action.py */
  'cleanrl-continuous': {
    ...cleanrl,
    learningRate: 3e-4,
    totalSteps: 1_000_000,
    numSteps: 2048,
    minibatches: 32,
    epochs: 10,
    entropyCoefficient: 0,
  },
  /**
   * The arguments of stable_baselines3/ppo/ppo.py: 2048 steps of one environment in minibatches of 64. Its value
   * loss has no factor ½, so that its vf_coef of 0.5 is our 1. `totalSteps` is the caller's there; unused here.
   */
  'stable-baselines3': {
    ...cleanrl,
    learningRate: 3e-4,
    annealLearningRate: false,
    numSteps: 2048,
    minibatches: 32,
    epochs: 10,
    clipValueLoss: false,
    entropyCoefficient: 0,
    valueCoefficient: 1,
  },
  /**
   * Ours, for a few tens of expensive episodes of a few decisions each: an update every two episodes, small networks,
   * a high rate, more passes over the data, and a bound on how far one update may go (0.02, near the 0.015 × 1.5 of
   * OpenAI Spinning Up's ppo.py).
   */
  'fine-tuning': {
    ...cleanrl,
    hidden: [32],
    learningRate: 5e-3,
    annealLearningRate: false,
    episodesPerUpdate: 2,
    minibatches: 2,
    epochs: 10,
    clipValueLoss: false,
    targetKl: 0.02,
  },
} as const satisfies Readonly<Record<string, PpoSettings>>

type PresetName = keyof typeof PPO_PRESETS
const presetNames = Object.keys(PPO_PRESETS) as [PresetName, ...PresetName[]]

const rate = z.number().positive().max(1)
const share = z.number().min(0).max(1)
const coefficient = z.number().min(0).max(100)
const count = z.number().int().min(1)

/** Settings of PPO; what isn't given comes from the preset. */
export const ppoConfig = z.strictObject({
  preset: z
    .enum(presetNames)
    .optional()
    .describe('where settings that are not given come from (default: fine-tuning; with totalSteps, cleanrl)'),
  hidden: z
    .array(z.number().int().min(1).max(4096))
    .max(8)
    .optional()
    .describe('units of the hidden layers, policy and value alike'),
  learningRate: rate.optional().describe("Adam's rate"),
  annealLearningRate: z.boolean().optional().describe('the rate falls to 0 over totalSteps'),
  totalSteps: count.optional().describe('steps that the whole training takes: what annealing spans'),
  numSteps: count.optional().describe('steps that one update takes, of all environments together'),
  episodesPerUpdate: count.optional().describe('episodes that one update takes, instead of numSteps'),
  lambda: share.optional().describe('λ of generalized advantage estimation'),
  minibatches: count.optional().describe('minibatches an epoch'),
  epochs: count.optional().describe('passes over the data of one update'),
  normalizeAdvantages: z.boolean().optional().describe('to mean 0, deviation 1 in each minibatch'),
  clip: z.number().positive().max(10).optional().describe('ε: how far the probability ratio counts'),
  clipValueLoss: z.boolean().optional().describe('hold values within ε of what they were'),
  entropyCoefficient: coefficient.optional().describe('weight of the entropy bonus'),
  valueCoefficient: coefficient.optional().describe('weight of the value loss ½(V − R)²'),
  maxGradNorm: z.number().positive().optional().describe('bound on the norm of the whole gradient'),
  targetKl: z.number().positive().optional().describe('ends an update after the epoch that exceeds it'),
  initialLogStd: z.number().min(-10).max(5).optional().describe('log σ at first (Box actions)'),
})

export type PpoConfig = z.infer<typeof ppoConfig>

/** The preset's settings, with those of the config in their place. */
export function ppoSettings(config: PpoConfig, actionSpace: Space<unknown>): PpoSettings {
  const { preset = defaultPreset(config, actionSpace), ...own } = config
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined))
  // Asking for steps is asking for no episodes.
  const appetite = own.numSteps === undefined ? {} : { episodesPerUpdate: undefined }
  return { ...PPO_PRESETS[preset], ...appetite, ...given }
}

/** Whoever knows how many steps there will be has plenty: `layergym train` does, fine-tuning doesn't. */
function defaultPreset({ totalSteps }: PpoConfig, actionSpace: Space<unknown>): PresetName {
  if (totalSteps === undefined) return 'fine-tuning'
  return actionSpace instanceof Box ? 'cleanrl-continuous' : 'cleanrl'
}
