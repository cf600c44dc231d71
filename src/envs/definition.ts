import { z } from 'zod'
import type { BatchEnv } from './batch/batch-env.ts'
import type { Env, EnvSpec, MaybePromise } from './env.ts'

/** How the registry makes an environment: its facts, the schema of its options, and the factory. */
export interface EnvDefinition<S extends z.ZodType = z.ZodType> {
  readonly description: string
  /** The registry wraps the environment in TimeLimit with this many steps; none where it ends by itself. */
  readonly maxEpisodeSteps?: number
  /** The mean return at which the task counts as solved. */
  readonly rewardThreshold?: number
  readonly renderFps?: number
  readonly nondeterministic?: boolean
  /** Each one takes time and memory of its own: few are kept at once. */
  readonly heavy?: boolean
  /** A strict object schema. */
  readonly options: S
  /** The environment alone, without its time limit; a promise of it where there is something to load first. */
  make(spec: EnvSpec, options: z.output<S>): MaybePromise<Env<unknown, unknown>>
  /** Several that share their arrays, and end at their time limit, where there are such: faster than as many of `make`. */
  batch?(spec: EnvSpec, options: z.output<S>, shape: BatchShape): BatchEnv
}

/** How many environments a batch has, and when they end. */
export interface BatchShape {
  readonly size: number
  /** Null: none. */
  readonly maxEpisodeSteps: number | null
}

/** A definition with the type of its options inferred from the schema. */
export function defineEnv<S extends z.ZodType>(definition: EnvDefinition<S>): EnvDefinition<S> {
  return definition
}

/** What `render()` returns: an RGB frame, or text with ANSI colours. */
export const renderMode = z.enum(['rgb', 'ansi'])
export type RenderMode = z.output<typeof renderMode>
