import { z } from 'zod'
import { fineTuneSchema } from '../../instances/config.ts'
import { controlShape, manyShape, optional } from '../../instances/many-config.ts'

export const learnPolicySchema = z.strictObject({
  ...manyShape,
  ...controlShape,
  plugin: optional(fineTuneSchema.shape.plugin),
  checkpointEvery: fineTuneSchema.shape.checkpointEvery,
})

export type LearnPolicyConfig = z.infer<typeof learnPolicySchema>

/** Whether a run folder's configuration is of `learn-policy`. */
export function isLearnPolicyConfig(config: unknown): config is LearnPolicyConfig {
  return typeof config === 'object' && config !== null && 'train' in config && !('on' in config)
}
