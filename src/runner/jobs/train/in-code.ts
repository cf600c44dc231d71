import type { z } from 'zod'
import type { AgentDefinition } from '../../../agents/agent.ts'
import { Rng } from '../../../common/random.ts'
import type { Env, Mask, MaybePromise } from '../../../envs/env.ts'
import { evaluatePolicy, type PolicyEvaluation } from '../../play/evaluate.ts'
import type { Plugin } from '../../plugins/plugin.ts'
import { begin } from '../../runs/drive.ts'
import { type RunHooks, unwatched } from '../../runs/hooks.ts'
import { concluded } from '../../runs/job.ts'
import type { trainSchema } from './config.ts'
import { trainJob } from './job.ts'
import { loadTrainedPolicy } from './policy.ts'
import type { TrainSummary } from './summary.ts'

/** By which a definition that was given in code is named in the run's folder. */
const OWN_AGENT = 'in-code'

/** Makes an environment; called once for each that is played at once. */
export type EnvFactory<O = unknown, A = unknown> = () => MaybePromise<Env<O, A>>

/** The settings of `layergym train`, with an environment and an agent of one's own where wanted. */
export interface TrainOptions<O = unknown, A = unknown>
  extends Omit<z.input<typeof trainSchema>, 'env' | 'agent'> {
  /** An id, or what makes one: it has the wrappers that it is to have. */
  readonly env: string | EnvFactory<O, A>
  /** An id, or a definition; default: ppo. */
  readonly agent?: string | AgentDefinition
}

/**
 * An agent learns in an environment and is evaluated greedily: `train({ env: 'CartPole-v1', steps: 20_000 })`. The run
 * folder is as the command's; a run with an environment or an agent of one's own goes on in code alone.
 * @param hooks a signal that ends the run, what is told as it happens, and the clock, where others are wanted
 * @throws LayergymError as the command does: wrong input, failed work, or interrupted by the signal
 */
export async function train<O = unknown, A = unknown>(
  options: TrainOptions<O, A>,
  hooks: Partial<RunHooks> = {},
  parts: { readonly plugins?: readonly Plugin[] } = {},
): Promise<TrainSummary> {
  const { env, agent = 'ppo', ...settings } = options
  const make = typeof env === 'string' ? undefined : (env as unknown as EnvFactory)
  const values = {
    ...settings,
    env: typeof env === 'string' ? env : await idOf(env),
    agent: typeof agent === 'string' ? agent : OWN_AGENT,
  }
  const job = trainJob({ plugins: withOwn(agent, parts.plugins), make })
  return concluded(await begin(job, values, { ...unwatched(), ...hooks }))
}

async function idOf<O, A>(make: EnvFactory<O, A>): Promise<string> {
  const env = await make()
  await env.close?.()
  return env.spec.id
}

/** A trained agent that acts greedily. */
export interface Policy<O = unknown, A = unknown> {
  /** @param mask allowed actions, where some aren't */
  act(observation: O, mask?: Mask): Promise<A>
  /** Greedy episodes, each from a seed of its own. */
  evaluate(options?: {
    readonly episodes?: number
    readonly seed?: number
    readonly signal?: AbortSignal
  }): Promise<PolicyEvaluation>
  /** Gives back what the agent holds. */
  dispose(): void
}

/**
 * What `train` wrote, to act with: `loadPolicy(summary.policy)`.
 * @param parts the environment and the agent that were given in code, and plugins, as `train` had them
 * @throws input error when the file isn't such a policy, or its agent can't act in that environment
 */
export async function loadPolicy<O = unknown, A = unknown>(
  path: string,
  parts: {
    readonly env?: string | EnvFactory<O, A>
    readonly agent?: AgentDefinition
    readonly plugins?: readonly Plugin[]
  } = {},
): Promise<Policy<O, A>> {
  const { env, agent: definition, plugins } = parts
  const { agent, envs, config } = await loadTrainedPolicy(path, typeof env === 'string' ? { id: env } : {}, {
    plugins: withOwn(definition, plugins),
    make: typeof env === 'string' ? undefined : (env as EnvFactory<never, never> | undefined),
  })
  const rng = Rng.of(config.seed, 'policy')
  return {
    async act(observation, mask) {
      const seen = [envs.seen(observation)]
      const [{ action }] = await agent.act(seen, { masks: [mask], explore: false, rng })
      return action as A
    },
    evaluate: ({ episodes = config.evalEpisodes, seed = config.seed, signal = unwatched().signal } = {}) =>
      evaluatePolicy({ agent, makeEnv: () => envs.evaluation(), episodes, seed, signal }),
    dispose: () => agent.dispose?.(),
  }
}

/** A definition that was given in code is a plugin's. */
function withOwn(
  agent: string | AgentDefinition | undefined,
  plugins: readonly Plugin[] = [],
): readonly Plugin[] {
  if (agent === undefined || typeof agent === 'string') return plugins
  return [...plugins, { name: 'in code', agents: { [OWN_AGENT]: agent } }]
}
