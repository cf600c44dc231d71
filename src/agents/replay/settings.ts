import { z } from 'zod'
import { count } from '../settings.ts'

/** When an agent that replays learns, and from how much. */
export interface ReplaySettings {
  readonly episodesPerUpdate?: number
  readonly bufferSize: number
  readonly learningStarts: number
  readonly trainFrequency: number
  readonly gradientSteps: number
  readonly batchSize: number
}

/** `ReplaySettings` as fields of an agent's schema. */
export const replayFields = {
  episodesPerUpdate: count.optional().describe('episodes between updates, instead of trainFrequency steps'),
  bufferSize: count.max(100_000_000).optional().describe('transitions kept; the oldest go first'),
  learningStarts: z.number().int().min(0).optional().describe('steps before the first gradient step'),
  trainFrequency: count.optional().describe('steps between gradient steps'),
  gradientSteps: count.max(1000).optional().describe('gradient steps each time'),
  batchSize: count.max(65_536).optional().describe('transitions a gradient step'),
}
