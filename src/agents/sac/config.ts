import { z } from 'zod'
import { type ReplaySettings, replayFields } from '../replay/settings.ts'
import { count, givenOf, hiddenUnits, rate, share } from '../settings.ts'

/** Everything that SAC's learning depends on, besides γ. */
export interface SacSettings extends ReplaySettings {
  readonly hidden: readonly number[]
  readonly learningRate: number
  readonly tau: number
  readonly initialTemperature: number
  readonly entropyShare: number
  readonly targetEntropy?: number
  readonly noiseCorrelation: number
}

/**
 * Ours, for many cheap steps: Haarnoja et al. 2018's algorithm with automatic temperature and the two critics of TD3, small
 * networks at a rate of 1e-3, and exploration noise that is correlated in time (Eberhard et al. 2023), without which a
 * car in a valley finds nothing. What led to it: docs/results/learning.md.
 */
const control: SacSettings = {
  hidden: [64, 64],
  learningRate: 1e-3,
  bufferSize: 1_000_000,
  learningStarts: 500,
  trainFrequency: 1,
  gradientSteps: 1,
  batchSize: 128,
  tau: 0.01,
  initialTemperature: 0.2,
  entropyShare: 0.3,
  noiseCorrelation: 0.9,
}

export const SAC_PRESETS = {
  control,
  /** The arguments of stable_baselines3/sac/sac.py. */
  'stable-baselines3': {
    ...control,
    hidden: [256, 256],
    learningRate: 3e-4,
    learningStarts: 100,
    batchSize: 256,
    tau: 0.005,
    initialTemperature: 1,
    noiseCorrelation: 0,
  },
  /** Ours, for a few tens of expensive episodes of a few decisions each: learns after every episode. */
  'fine-tuning': {
    ...control,
    hidden: [32],
    learningRate: 3e-3,
    episodesPerUpdate: 1,
    learningStarts: 0,
    gradientSteps: 4,
    batchSize: 32,
    tau: 0.05,
    entropyShare: 0.2,
    noiseCorrelation: 0,
  },
} as const satisfies Readonly<Record<string, SacSettings>>

type PresetName = keyof typeof SAC_PRESETS
const presetNames = Object.keys(SAC_PRESETS) as [PresetName, ...PresetName[]]

/** Settings of SAC; what isn't given comes from the preset. */
export const sacConfig = z.strictObject({
  preset: z
    .enum(presetNames)
    .optional()
    .describe('where settings that are not given come from (default: fine-tuning; with totalSteps, control)'),
  totalSteps: count.optional().describe('steps that the whole training takes: many, where it is given'),
  hidden: hiddenUnits.optional().describe('units of the hidden layers'),
  learningRate: rate.optional().describe("Adam's rate, of policy, values and temperature"),
  ...replayFields,
  tau: rate.optional().describe('share of the critics that goes into their targets at every gradient step'),
  initialTemperature: z.number().positive().max(100).optional().describe('weight of the entropy at first'),
  entropyShare: share
    .optional()
    .describe('of discrete actions: the entropy that the temperature holds, as a share of the most possible'),
  targetEntropy: z
    .number()
    .min(-1000)
    .max(1000)
    .optional()
    .describe('entropy that the temperature holds, nats (default: minus the numbers of a Box action)'),
  noiseCorrelation: z
    .number()
    .min(0)
    .max(0.999)
    .optional()
    .describe("of a Box action's exploration noise with that of the step before"),
})

export type SacConfig = z.infer<typeof sacConfig>

/** The preset's settings, with those of the config in their place. */
export function sacSettings({ preset, totalSteps, ...own }: SacConfig): SacSettings {
  // Asking for steps is asking for no episodes.
  const appetite = own.trainFrequency === undefined ? {} : { episodesPerUpdate: undefined }
  return { ...SAC_PRESETS[preset ?? defaultPreset(totalSteps)], ...appetite, ...givenOf(own) }
}

/** The same as a config, so that what it leaves out stays as it is. */
export function wholeSacConfig({ config }: { readonly config: SacConfig }): SacConfig {
  const { totalSteps, preset = defaultPreset(totalSteps) } = config
  return sacConfig.parse({ totalSteps, preset, ...sacSettings(config) })
}

/** Whoever knows how many steps there will be has plenty: `layergym train` does, fine-tuning doesn't. */
function defaultPreset(totalSteps: number | undefined): PresetName {
  return totalSteps === undefined ? 'fine-tuning' : 'control'
}
