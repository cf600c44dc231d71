import type { Memory } from '../../agents/agent.ts'
import { Rng } from '../../common/random.ts'
import type { Mask } from '../../envs/env.ts'
import { loadTrainedPolicy } from '../jobs/train/policy.ts'
import { evaluatePolicy, type PolicyEvaluation } from '../play/evaluate.ts'
import { unwatched } from '../runs/hooks.ts'
import { type CodeParts, partsOf } from './train.ts'

/** How a policy is evaluated. */
export interface PolicyEvaluationOptions {
  /** Default: as many as at the end of its training. */
  readonly episodes?: number
  /** Decides every episode's; default: that of its training. */
  readonly seed?: number
  readonly signal?: AbortSignal
}

/** A trained agent that acts greedily. */
export interface Policy<O = unknown, A = unknown> {
  /**
   * The best action. A recurrent agent remembers what it saw before: `begin` an episode first.
   * @param mask allowed actions, where some aren't
   */
  act(observation: O, mask?: Mask): Promise<A>
  /** An episode begins: nothing is remembered. */
  begin(): void
  /** Greedy episodes, each from a seed of its own. */
  evaluate(options?: PolicyEvaluationOptions): Promise<PolicyEvaluation>
  /** Gives back what the agent holds. */
  dispose(): void
}

/** The environment and the agent of a policy, where they were given in code, and plugins, as `train` had them. */
export type PolicyParts<O = unknown, A = unknown> = Omit<CodeParts<O, A>, 'listeners'>

/**
 * What `train` wrote, to act with: `loadPolicy(summary.policy)`.
 * @param parts `env` may be another of the same spaces, by its id
 * @throws input error when the file isn't such a policy, or its agent can't act in that environment
 */
export async function loadPolicy<O = unknown, A = unknown>(
  path: string,
  parts: PolicyParts<O, A> = {},
): Promise<Policy<O, A>> {
  const { env } = parts
  const { agent, envs, config } = await loadTrainedPolicy(
    path,
    typeof env === 'string' ? { id: env } : {},
    partsOf(parts),
  )
  const rng = Rng.of(config.seed, 'policy')
  let memory: Memory | undefined
  return {
    begin: () => {
      memory = undefined
    },
    async act(observation, mask) {
      const seen = [envs.seen(observation)]
      const context = { masks: [mask], memories: [memory], explore: false, rng }
      const [decision] = await agent.act(seen, context)
      memory = decision.memory
      return decision.action as A
    },
    evaluate: ({ episodes = config.evalEpisodes, seed = config.seed, signal = unwatched().signal } = {}) =>
      evaluatePolicy({ agent, makeEnv: () => envs.evaluation(), episodes, seed, signal }),
    dispose: () => agent.dispose?.(),
  }
}

/**
 * Greedy episodes of what `train` wrote, as `layergym evaluate --policy`: `evaluate(summary.policy, { episodes: 100 })`.
 * @throws input error as `loadPolicy`; interrupted when the signal says so
 */
export async function evaluate<O = unknown, A = unknown>(
  path: string,
  options: PolicyEvaluationOptions & PolicyParts<O, A> = {},
): Promise<PolicyEvaluation> {
  const policy = await loadPolicy(path, options)
  try {
    return await policy.evaluate(options)
  } finally {
    policy.dispose()
  }
}
