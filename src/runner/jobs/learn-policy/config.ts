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
