import { z } from 'zod'
import { integer, names } from '../../../common/settings.ts'
import { logShape } from '../../runs/figure-log.ts'
import { workShape } from '../../runs/work-shape.ts'
import { trainSchema } from '../train/config.ts'

const { env, envOptions, wrapper, envs, normalize, engine, threads, gamma, evalEvery } = trainSchema.shape
const { plugin, out, overwrite } = trainSchema.shape

/** Of folders and units, and told apart from others by commas. */
const variantName = z
  .string()
  .regex(/^[\w .;+=()-]{1,60}$/, 'a name has letters, digits, spaces and the signs . ; + = ( ) - _')

/** Settings of an agent under a name of their own; what isn't named here is the agent's. */
const variant = z.looseObject({
  agent: z.string().optional(),
  wrapper: wrapper.removeDefault().optional(),
  envs,
  normalize,
  gamma: gamma.removeDefault().optional(),
})

const reference = z.strictObject({
  lower: z.number().optional(),
  upper: z.number().optional(),
  source: z.string().optional(),
})

/** A comparison of agents in one environment or several: every agent with every seed, by the same number of steps. */
export const benchmarkSchema = z.strictObject({
  env: z
    .preprocess(
      (given: string | readonly string[]) =>
        typeof given === 'string' && given.includes(',') ? given.split(',').map(id => id.trim()) : given,
      z.union([env, z.array(z.string()).min(1)]),
    )
    .describe('environment to learn in, or several, comma-separated (layergym list envs)'),
  envOptions,
  wrapper,
  agents: names(z.string())
    .optional()
    .describe(
      'who is compared, comma-separated (layergym list agents; default: ppo,dqn,reinforce,random, or the variants alone)',
    ),
  agentConfigs: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .default({})
    .describe('settings by agent, as {"ppo":{"clip":0.1}}'),
  variants: z
    .record(variantName, variant)
    .default({})
    .describe('settings of an agent by a name, compared too, as {"ppo-no-gae":{"agent":"ppo","lambda":1}}'),
  scores: z
    .enum(['references', 'min-max'])
    .default('references')
    .describe(
      'what returns of several environments are put on one scale by: references of each, or its lowest and highest run here',
    ),
  references: z
    .record(z.string(), reference)
    .default({})
    .describe('returns by environment that are 0 and 1, as {"Pendulum-v1":{"upper":-150,"source":"…"}}'),
  steps: integer(1, 1e10).default(100_000).describe('environment steps that each run learns from'),
  seeds: integer(1, 1000).default(10).describe('runs of each agent'),
  seed: integer(0, 2 ** 31 - 1)
    .default(1)
    .describe('the first seed; the others follow it'),
  envs,
  normalize,
  engine,
  threads,
  gamma,
  evalEvery,
  evalEpisodes: integer(1, 100_000)
    .default(100)
    .describe('greedy episodes at the end: runs are compared by them'),
  ...workShape,
  ...logShape,
  plugin,
  out,
  overwrite,
})

export type BenchmarkConfig = z.infer<typeof benchmarkSchema>
