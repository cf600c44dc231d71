import { z } from 'zod'
import { NETWORK_SAYS, type NetworkKind, networkKinds } from '../network.ts'
import { type ReplaySettings, replayFields } from '../replay/settings.ts'
import { count, givenOf, hiddenUnits, rate, share } from '../settings.ts'

/** Everything that DQN's learning depends on, besides γ. */
export interface DqnSettings extends ReplaySettings {
  readonly hidden: readonly number[]
  readonly network: NetworkKind
  readonly learningRate: number
  readonly annealLearningRate: boolean
  readonly totalSteps: number
  /** Schedules go by episodes where it is given. */
  readonly totalEpisodes?: number
  readonly targetFrequency: number
  readonly tau: number
  readonly explorationStart: number
  readonly explorationEnd: number
  readonly explorationFraction: number
  readonly explorationPersistence?: number
  readonly loss: 'mse' | 'huber'
  readonly maxGradNorm: number
  readonly double: boolean
  readonly dueling: boolean
  readonly nStep: number
  readonly prioritized: boolean
  readonly priorityExponent: number
  readonly priorityCorrection: number
}

/** cleanrl/dqn.py; the exponents of prioritized replay, off here, are Rainbow's (Hessel et al. 2018, table 1). */
const cleanrl: DqnSettings = {
  hidden: [120, 84],
  network: 'auto',
  learningRate: 2.5e-4,
  annealLearningRate: false,
  totalSteps: 500_000,
  bufferSize: 10_000,
  learningStarts: 10_000,
  trainFrequency: 10,
  gradientSteps: 1,
  batchSize: 128,
  targetFrequency: 500,
  tau: 1,
  explorationStart: 1,
  explorationEnd: 0.05,
  explorationFraction: 0.5,
  loss: 'mse',
  maxGradNorm: Number.POSITIVE_INFINITY,
  double: false,
  dueling: false,
  nStep: 1,
  prioritized: false,
  priorityExponent: 0.5,
  priorityCorrection: 0.4,
}

/**
 * Ours, for many cheap steps: double targets over 10 steps (with 3, one seed in six was left behind), a gradient step
 * every second step, a rate that falls to 0, which the policy at the end owes its steadiness to; ε, buffer and start near those of RL Baselines3 Zoo's hyperparams/dqn.yml for CartPole-v1.
 * What led to it: docs/results/learning.md.
 */
const control: DqnSettings = {
  ...cleanrl,
  learningRate: 1e-3,
  annealLearningRate: true,
  bufferSize: 100_000,
  learningStarts: 1000,
  trainFrequency: 2,
  explorationEnd: 0.02,
  explorationFraction: 0.2,
  loss: 'huber',
  maxGradNorm: 10,
  double: true,
  nStep: 10,
}

export const DQN_PRESETS = {
  cleanrl,
  /** The arguments of stable_baselines3/dqn/dqn.py; `totalSteps` is the caller's there. */
  'stable-baselines3': {
    ...cleanrl,
    hidden: [64, 64],
    learningRate: 1e-4,
    bufferSize: 1_000_000,
    learningStarts: 100,
    trainFrequency: 4,
    batchSize: 32,
    targetFrequency: 10_000,
    explorationFraction: 0.1,
    loss: 'huber',
    maxGradNorm: 10,
  },
  control,
  /**
   * Ours, for rewards that random actions don't find: `control`, with random actions that are held (εz-greedy with the μ of
   * Dabney et al. 2021), and more of them.
   */
  sparse: {
    ...control,
    explorationFraction: 0.4,
    explorationPersistence: 2,
  },
  /**
   * Ours, for small pictures: `control` with the network, batches and target of MinAtar's DQN (Young & Tian 2019), fewer steps of
   * bootstrapping, and a replay that fits into a checkpoint.
   */
  pictures: {
    ...control,
    hidden: [128],
    learningRate: 2.5e-4,
    bufferSize: 30_000,
    batchSize: 32,
    targetFrequency: 1000,
    nStep: 3,
  },
  /**
   * Ours, for a few tens of expensive episodes of a few decisions each: learns after every episode, with four
   * gradient steps a decision, a target network that follows slowly, double targets over three steps. ε falls over
   * the first half of 20 episodes, fine-tuning's default number.
   */
  'fine-tuning': {
    ...cleanrl,
    hidden: [32],
    learningRate: 2e-3,
    totalEpisodes: 20,
    episodesPerUpdate: 1,
    learningStarts: 0,
    trainFrequency: 1,
    gradientSteps: 4,
    batchSize: 32,
    targetFrequency: 1,
    tau: 0.05,
    loss: 'huber',
    maxGradNorm: 10,
    double: true,
    nStep: 3,
  },
} as const satisfies Readonly<Record<string, DqnSettings>>

type PresetName = keyof typeof DQN_PRESETS
const presetNames = Object.keys(DQN_PRESETS) as [PresetName, ...PresetName[]]

/** Settings of DQN; what isn't given comes from the preset. */
export const dqnConfig = z.strictObject({
  preset: z
    .enum(presetNames)
    .optional()
    .describe('where settings that are not given come from (default: fine-tuning; with totalSteps, control)'),
  hidden: hiddenUnits.optional().describe('units of the hidden layers'),
  network: networkKinds.optional().describe(NETWORK_SAYS),
  learningRate: rate.optional().describe("Adam's rate"),
  annealLearningRate: z.boolean().optional().describe('the rate falls to 0 over the training'),
  totalSteps: count.optional().describe('steps that the whole training takes: what schedules span'),
  totalEpisodes: count.optional().describe('the same in episodes: what schedules span instead'),
  ...replayFields,
  targetFrequency: count.optional().describe('steps between updates of the target network'),
  tau: rate.optional().describe('share of the network that goes into its target: 1 copies, less averages'),
  explorationStart: share.optional().describe('ε, the probability of a random action, at first'),
  explorationEnd: share.optional().describe('ε at last'),
  explorationFraction: share.optional().describe('share of totalSteps over which ε falls'),
  explorationPersistence: z
    .number()
    .gt(1)
    .max(100)
    .optional()
    .describe('μ of how long a random action is held, n steps in proportion to n^-μ (default: one step)'),
  loss: z.enum(['mse', 'huber']).optional().describe('of the temporal-difference errors'),
  maxGradNorm: z.number().positive().optional().describe('bound on the norm of the gradient'),
  double: z.boolean().optional().describe('the network chooses the next action, its target values it'),
  dueling: z.boolean().optional().describe('Q = V + A − mean A'),
  nStep: count.max(100).optional().describe('rewards counted before bootstrapping'),
  prioritized: z.boolean().optional().describe('replay in proportion to past errors'),
  priorityExponent: share.optional().describe('α: how far priorities depend on errors'),
  priorityCorrection: share
    .optional()
    .describe('β at first, of importance weights; 1 at the end of totalSteps'),
})

export type DqnConfig = z.infer<typeof dqnConfig>

/** The preset's settings, with those of the config in their place. */
export function dqnSettings({ preset, ...own }: DqnConfig): DqnSettings {
  // Asking for steps is asking for no episodes.
  const appetite = own.trainFrequency === undefined ? {} : { episodesPerUpdate: undefined }
  const span = own.totalSteps === undefined ? {} : { totalEpisodes: undefined }
  return { ...DQN_PRESETS[preset ?? defaultPreset(own)], ...appetite, ...span, ...givenOf(own) }
}

/** The same as a config, so that what it leaves out stays as it is: no bound is the preset's, and no number to write down. */
export function wholeDqnConfig({ config }: { readonly config: DqnConfig }): DqnConfig {
  const { maxGradNorm, ...settings } = dqnSettings(config)
  const bound = Number.isFinite(maxGradNorm) ? { maxGradNorm } : {}
  return dqnConfig.parse({ preset: config.preset ?? defaultPreset(config), ...settings, ...bound })
}

/** Whoever knows how many steps there will be has plenty: `layergym train` does, fine-tuning doesn't. */
function defaultPreset({ totalSteps }: DqnConfig) {
  return totalSteps === undefined ? 'fine-tuning' : 'control'
}
