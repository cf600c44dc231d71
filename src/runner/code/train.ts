import { join } from 'node:path'
import type { z } from 'zod'
import type { AgentDefinition } from '../../agents/agent.ts'
import type { EnvDefinition } from '../../envs/definition.ts'
import type { Env, MaybePromise } from '../../envs/env.ts'
import { type EnvOptions, makeDefined } from '../../envs/registry.ts'
import type { TrainParts } from '../jobs/train/compose.ts'
import type { trainSchema } from '../jobs/train/config.ts'
import type { TrainListener } from '../jobs/train/heard-run.ts'
import { trainJob } from '../jobs/train/job.ts'
import type { TrainSummary } from '../jobs/train/summary.ts'
import type { Plugin } from '../plugins/plugin.ts'
import { begin, resume } from '../runs/drive.ts'
import type { RunHooks } from '../runs/hooks.ts'
import { concluded } from '../runs/job.ts'
import { stamp } from '../runs/stamp.ts'
import { inCode } from './hooks.ts'

/** By which a definition that was given in code is named in the run's folder. */
const OWN_AGENT = 'in-code'
const OWN_ENV = 'InCode-v0'

/** Makes an environment, by the options of `envOptions`; called once for each that is played at once. */
export type EnvFactory<O = unknown, A = unknown> = (options: EnvOptions) => MaybePromise<Env<O, A>>

/** What can be given in code alone. */
export interface CodeParts<O = unknown, A = unknown> {
  /** An id, a definition, or what makes one: it has the wrappers that it is to have. */
  readonly env?: string | EnvDefinition | EnvFactory<O, A>
  /** An id, or a definition. */
  readonly agent?: string | AgentDefinition
  /** Hear what happens, and may steer the run: `evaluateEvery`, `stopWhen`, `schedule`, or one's own. */
  readonly listeners?: readonly TrainListener[]
  readonly plugins?: readonly Plugin[]
}

/** The settings of `layergym train`, with an environment, an agent and listeners of one's own where wanted. */
export interface TrainOptions<O = unknown, A = unknown>
  extends Omit<z.input<typeof trainSchema>, 'env' | 'agent' | 'listeners'>,
    CodeParts<O, A> {
  readonly env: string | EnvDefinition | EnvFactory<O, A>
}

/**
 * An agent learns in an environment and is evaluated greedily: `train({ env: 'CartPole-v1', steps: 20_000 })`. The run
 * folder is as the command's; a run with an environment, an agent or listeners of one's own goes on in code alone, with
 * `resumeTraining`.
 * @param options `agent` defaults to ppo, `out` to `runs/<date>`
 * @param hooks a signal that ends the run, what is told as it happens, and the clock, where others are wanted; what
 *   happens is told on stderr once it takes over two seconds, unless `onEvent` hears it
 * @throws LayergymError as the command does: wrong input, failed work, or interrupted by the signal
 */
export async function train<O = unknown, A = unknown>(
  options: TrainOptions<O, A>,
  hooks: Partial<RunHooks> = {},
): Promise<TrainSummary> {
  const { env, agent = 'ppo', listeners = [], plugins, ...settings } = options
  const told = inCode(hooks)
  const values = {
    ...settings,
    out: settings.out ?? join('runs', stamp(told.clock())),
    env: await idOf(env, settings.envOptions as EnvOptions | undefined),
    agent: typeof agent === 'string' ? agent : OWN_AGENT,
    listeners: listeners.length,
  }
  const job = trainJob(partsOf({ env, agent, listeners, plugins }))
  return concluded(await begin(job, values, told))
}

/**
 * Goes on with a run of `train` that was interrupted: it ends as it would have. Tells again what a finished one came to.
 * @param dir the run's folder
 * @param parts the environment, the agent and the listeners that were given in code, as `train` had them
 * @throws LayergymError where the folder holds no such run, or parts are missing; else as `train`
 */
export async function resumeTraining<O = unknown, A = unknown>(
  dir: string,
  parts: CodeParts<O, A> = {},
  hooks: Partial<RunHooks> = {},
): Promise<TrainSummary> {
  return concluded(await resume(trainJob(partsOf(parts)), dir, inCode(hooks)))
}

async function idOf<O, A>(env: TrainOptions<O, A>['env'], options: EnvOptions = {}): Promise<string> {
  if (typeof env === 'string') return env
  if (typeof env === 'object') return OWN_ENV
  const made = await env(options)
  await made.close?.()
  return made.spec.id
}

function makerOf<O, A>(env: CodeParts<O, A>['env']): TrainParts['make'] {
  if (typeof env === 'object') return options => makeDefined(OWN_ENV, env, options)
  return typeof env === 'function' ? (env as unknown as EnvFactory) : undefined
}

/** As a job takes them: a definition that was given in code is a plugin's. */
export function partsOf<O, A>({ env, agent, listeners, plugins = [] }: CodeParts<O, A>): TrainParts {
  return {
    make: makerOf(env),
    listeners,
    plugins:
      agent === undefined || typeof agent === 'string'
        ? plugins
        : [...plugins, { name: 'in code', agents: { [OWN_AGENT]: agent } }],
  }
}
