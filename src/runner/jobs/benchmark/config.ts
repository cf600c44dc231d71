import { z } from 'zod'
import { integer, names } from '../../../common/settings.ts'
import { logShape } from '../../runs/figure-log.ts'
import { workShape } from '../../runs/work-shape.ts'
import { trainSchema } from '../train/config.ts'

const { env, envOptions, wrapper, envs, normalize, engine, threads, gamma, evalEpisodes } = trainSchema.shape
const { plugin, out, overwrite } = trainSchema.shape

/** A comparison of agents in one environment: every agent with every seed, by the same number of steps. */
export const benchmarkSchema = z.strictObject({
  env,
  envOptions,
  wrapper,
  agents: names(z.string())
    .default(['ppo', 'dqn', 'reinforce', 'random'])
    .describe('who is compared, comma-separated (layergym list agents)'),
  agentConfigs: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .default({})
    .describe('settings by agent, as {"ppo":{"clip":0.1}}'),
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
  evalEpisodes,
  ...workShape,
  ...logShape,
  plugin,
  out,
  overwrite,
})

export type BenchmarkConfig = z.infer<typeof benchmarkSchema>
