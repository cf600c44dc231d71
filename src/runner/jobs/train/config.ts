import { resolve } from 'node:path'
import { z } from 'zod'
import { integer, names, real } from '../../../common/settings.ts'
import { ENGINES } from '../../../models/engine-names.ts'
import { withWholePaths } from '../../plugins/plugin.ts'
import { logShape } from '../../runs/figure-log.ts'

/** What may be normalised by its running moments, as Gymnasium's wrappers of these names do. */
export const NORMALIZABLE = ['observations', 'rewards'] as const

/** Everything that decides a training run; flags and YAML keys are these in kebab-case. */
export const trainSchema = z.strictObject({
  env: z.string().describe('environment to learn in (layergym list envs)'),
  envOptions: z.record(z.string(), z.unknown()).default({}).describe('options of the environment'),
  wrapper: names(z.string())
    .default([])
    .describe('wrappers around it, the first innermost: time-aware, frame-stack=4 (layergym list wrappers)'),
  agent: z.string().default('ppo').describe('who learns (layergym list agents)'),
  agentConfig: z.record(z.string(), z.unknown()).default({}).describe('settings of the agent'),
  steps: integer(1, 1e10).default(100_000).describe('environment steps to learn from'),
  envs: integer(1, 1024)
    .optional()
    .describe("environments that are played at once (default: as the agent's recipe says, or 1)"),
  normalize: names(z.enum(NORMALIZABLE))
    .optional()
    .describe("observations, rewards, both, or none (default: as the agent's recipe says, or none)"),
  engine: z
    .enum(['simd', 'auto', ...ENGINES])
    .default('simd')
    .describe(
      "what computes the agent's networks: simd, WebAssembly for small ones, or an engine for large ones",
    ),
  threads: integer(1, 1024).optional().describe('threads of the native engine (default: one a core)'),
  gamma: real(0, 1).default(0.99).describe('discount a step'),
  seed: integer(0, 2 ** 31 - 1)
    .default(1)
    .describe('decides everything random'),
  evalEpisodes: integer(0, 100_000).default(100).describe('greedy episodes at the end'),
  videoEpisodes: integer(0, 1000)
    .default(0)
    .describe('of them, how many are recorded as mp4 in the run folder'),
  evalEvery: integer(1, 1e10)
    .optional()
    .describe('steps between evaluations on the way (default: none), of a tenth of the episodes each'),
  stopAt: real(-1e12, 1e12)
    .optional()
    .describe('mean return of an evaluation on the way at which the run ends (takes --eval-every)'),
  patience: integer(1, 100_000)
    .optional()
    .describe('evaluations without a better one after which the run ends (takes --eval-every)'),
  schedule: names(z.string())
    .default([])
    .describe(
      "courses of the agent's settings over the run: learningRate=linear (to 0), clip=cosine:0.2..0.05, exponential",
    ),
  listeners: integer(0, 1000).default(0).describe('listeners that were given in code'),
  logEvery: integer(1, 1e10)
    .optional()
    .describe('steps between points of the curves (default: a 200th of all)'),
  checkpointEvery: integer(1, 1e10)
    .optional()
    .describe('steps between checkpoints (default: a tenth of all)'),
  profile: z
    .boolean()
    .default(false)
    .describe('profile.cpuprofile in the run folder (for speedscope, Chrome), and its modules in the report'),
  ...logShape,
  plugin: names(z.string()).default([]).describe('plugins to load: packages or files'),
  out: z.string().optional().describe('run folder (default: runs/<date>)'),
  overwrite: z.boolean().default(false).describe('replace an existing run folder'),
})

export type TrainConfig = z.infer<typeof trainSchema>

/** Paths made absolute, so that a run can be resumed from any folder. */
export function withAbsolutePaths<C extends { readonly out?: string; readonly plugin: readonly string[] }>(
  config: C,
): C {
  return {
    ...config,
    out: config.out === undefined ? undefined : resolve(config.out),
    plugin: withWholePaths(config.plugin),
  }
}

/** With everything that the agent, its recipe and the number of steps decide. */
export type ResolvedConfig = TrainConfig &
  Required<Pick<TrainConfig, 'envs' | 'normalize' | 'logEvery' | 'checkpointEvery'>>
