import { z } from 'zod'
import type { Space } from '../../envs/env.ts'
import { Box } from '../../envs/spaces.ts'
import type { AgentContext, Recipe } from '../agent.ts'
import { type PpoSettings, ppoConfig, ppoRecipe, ppoSettings, wholePpoConfig } from '../ppo/config.ts'

/** PPO's settings, and those of its memory. */
export interface RecurrentSettings extends PpoSettings {
  readonly units: number
  readonly sequenceLength: number
  readonly burnIn: number
}

const own = z.strictObject({
  units: z.number().int().min(1).max(1024).default(64).describe('units of the GRU: what is remembered'),
  sequenceLength: z
    .number()
    .int()
    .min(1)
    .max(4096)
    .default(64)
    .describe('steps that gradients go back through: longer episodes are learned from in pieces'),
  burnIn: z
    .number()
    .int()
    .min(0)
    .max(4096)
    .default(8)
    .describe('steps before each piece that are replayed for their state alone'),
})

/** Settings of recurrent PPO: PPO's, from the same presets, and its memory's. `hidden` is of what follows the GRU. */
export const recurrentConfig = ppoConfig.extend(own.shape)

export type RecurrentConfig = z.infer<typeof recurrentConfig>

/** The preset's settings, with those of the config in their place; one layer as wide as the GRU follows it. */
export function recurrentSettings(config: RecurrentConfig, actionSpace: Space<unknown>): RecurrentSettings {
  const { units, sequenceLength, burnIn, ...ppo } = config
  return { ...ppoSettings({ hidden: [units], ...ppo }, actionSpace), units, sequenceLength, burnIn }
}

/** The same as a config, so that what it leaves out stays as it is. */
export function wholeRecurrentConfig({
  config,
  actionSpace,
}: Pick<AgentContext<RecurrentConfig>, 'config' | 'actionSpace'>): RecurrentConfig {
  const { units, sequenceLength, burnIn, ...ppo } = config
  const whole = wholePpoConfig({ config: { hidden: [units], ...ppo }, actionSpace })
  return { ...whole, units, sequenceLength, burnIn }
}

/**
 * How PPO's recipe of the same preset plays environments; numbers that are observed are normalised, as RL Baselines3 Zoo does
 * for its recurrent PPO: what a memory has to tell apart may be small.
 */
export function recurrentRecipe({
  config,
  observationSpace,
  actionSpace,
}: Pick<AgentContext<RecurrentConfig>, 'config' | 'observationSpace' | 'actionSpace'>): Recipe {
  const recipe = ppoRecipe({ config, actionSpace })
  const { normalize = [] } = recipe
  if (!(observationSpace instanceof Box) || normalize.includes('observations')) return recipe
  return { ...recipe, normalize: ['observations', ...normalize] }
}
