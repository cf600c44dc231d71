import { join } from 'node:path'
import type { z } from 'zod'
import type { AgentDefinition } from '../../agents/agent.ts'
import type { Env, MaybePromise } from '../../envs/env.ts'
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

/** Makes an environment; called once for each that is played at once. */
export type EnvFactory<O = unknown, A = unknown> = () => MaybePromise<Env<O, A>>

/** What can be given in code alone. */
export interface CodeParts<O = unknown, A = unknown> {
  /** An id, or what makes one: it has the wrappers that it is to have. */
  readonly env?: string | EnvFactory<O, A>
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
  readonly env: string | EnvFactory<O, A>
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
    env: typeof env === 'string' ? env : await idOf(env),
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

async function idOf<O, A>(make: EnvFactory<O, A>): Promise<string> {
  const env = await make()
  await env.close?.()
  return env.spec.id
}

/** As a job takes them: a definition that was given in code is a plugin's. */
export function partsOf<O, A>({ env, agent, listeners, plugins = [] }: CodeParts<O, A>): TrainParts {
  return {
    make: typeof env === 'function' ? (env as unknown as EnvFactory) : undefined,
    listeners,
    plugins:
      agent === undefined || typeof agent === 'string'
        ? plugins
        : [...plugins, { name: 'in code', agents: { [OWN_AGENT]: agent } }],
  }
}
