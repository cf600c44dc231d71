import { z } from 'zod'
import type { Space } from '../../envs/env.ts'
import { Box } from '../../envs/spaces.ts'
import type { AgentContext, Recipe } from '../agent.ts'
import { NETWORK_SAYS, type NetworkKind, networkKinds } from '../network.ts'
import { count, givenOf, hiddenUnits, rate, share } from '../settings.ts'

/** Everything that PPO's learning depends on, besides γ. */
export interface PpoSettings {
  readonly hidden: readonly number[]
  readonly activation: 'tanh' | 'relu'
  readonly network: NetworkKind
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
  activation: 'tanh',
  network: 'auto',
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
   * Ours, for many cheap steps of discrete actions, between CleanRL's and the settings of RL Baselines3 Zoo's
   * hyperparams/ppo.yml for CartPole-v1 and Acrobot-v1: a rate of 1e-3 that falls to 0, 128 steps of each of 8
   * environments, 10 epochs, no entropy bonus, values unclipped. What led to it: docs/results/learning.md.
   */
  control: {
    ...cleanrl,
    learningRate: 1e-3,
    numSteps: 8 * 128,
    minibatches: 8,
    epochs: 10,
    clipValueLoss: false,
    entropyCoefficient: 0,
  },
  /** Ours, for small pictures: `control` with the network of MinAtar (Young & Tian 2019) and CleanRL's entropy bonus. */
  pictures: {
    ...cleanrl,
    hidden: [128],
    activation: 'relu',
    learningRate: 1e-3,
    numSteps: 8 * 128,
    clipValueLoss: false,
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

/** How each recipe plays environments: what its `numSteps` are counted over, and what it normalises. */
const RECIPES: Readonly<Record<PresetName, Recipe>> = {
  cleanrl: { envs: 4 },
  'cleanrl-continuous': { envs: 1, normalize: ['observations', 'rewards'] },
  'stable-baselines3': { envs: 1 },
  control: { envs: 8 },
  pictures: { envs: 8 },
  'fine-tuning': { envs: 1 },
}
const presetNames = Object.keys(PPO_PRESETS) as [PresetName, ...PresetName[]]

const coefficient = z.number().min(0).max(100)

/** Settings of PPO; what isn't given comes from the preset. */
export const ppoConfig = z.strictObject({
  preset: z
    .enum(presetNames)
    .optional()
    .describe(
      'where settings that are not given come from (default: fine-tuning; with totalSteps, control, or cleanrl-continuous for Box actions)',
    ),
  hidden: hiddenUnits.optional().describe('units of the hidden layers, policy and value alike'),
  activation: z.enum(['tanh', 'relu']).optional().describe('between the layers'),
  network: networkKinds.optional().describe(NETWORK_SAYS),
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
  // Asking for steps is asking for no episodes.
  const appetite = own.numSteps === undefined ? {} : { episodesPerUpdate: undefined }
  return { ...PPO_PRESETS[preset], ...appetite, ...givenOf(own) }
}

/** The same as a config, so that what it leaves out stays as it is. */
export function wholePpoConfig({
  config,
  actionSpace,
}: Pick<AgentContext<PpoConfig>, 'config' | 'actionSpace'>) {
  const preset = config.preset ?? defaultPreset(config, actionSpace)
  return ppoConfig.parse({ preset, ...ppoSettings(config, actionSpace) })
}

/** How the config's recipe plays environments. */
export function ppoRecipe({
  config,
  actionSpace,
}: Pick<AgentContext<PpoConfig>, 'config' | 'actionSpace'>): Recipe {
  return RECIPES[config.preset ?? defaultPreset(config, actionSpace)]
}

/** Whoever knows how many steps there will be has plenty: `layergym train` does, fine-tuning doesn't. */
function defaultPreset({ totalSteps }: PpoConfig, actionSpace: Space<unknown>): PresetName {
  if (totalSteps === undefined) return 'fine-tuning'
  return actionSpace instanceof Box ? 'cleanrl-continuous' : 'control'
}
