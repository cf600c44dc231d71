import type { z } from 'zod'
import type { Rng } from '../common/random.ts'
import type { Mask, MaybePromise, Space } from '../envs/env.ts'
import type { Approximator } from './approximator.ts'
import type { ArrayAgent } from './arrays.ts'
import type { MlpOptions } from './mlp.ts'

/** What a recurrent agent carries from one decision of an episode to the next: numbers, finite, as many each time. */
export type Memory = Float32Array

/** What an agent needs besides observations to choose actions. */
export interface ActContext {
  /** One entry an observation; undefined where every action is allowed. */
  readonly masks: readonly (Mask | undefined)[]
  /**
   * One entry an observation: what the decision before it in its episode gave as `memory`; undefined at an episode's start.
   * Absent where no decision has given any.
   */
  readonly memories?: readonly (Memory | undefined)[]
  /** False: act greedily (evaluation). */
  readonly explore: boolean
  /** The policy's own stream for this episode; agents draw from nothing else while acting. */
  readonly rng: Rng
}

/** What an agent chose for one observation, and what learning wants to know of it. */
export interface Decision<A> {
  readonly action: A
  /** log π(a|s), where the policy has one. */
  readonly logProbability?: number
  /** The critic's V(s), where there is one. */
  readonly value?: number
  /** What a recurrent agent wants to be given with the episode's next observation; never changed afterwards. */
  readonly memory?: Memory
}

/** One decision and what it was paid. */
export interface Transition<O, A> {
  readonly observation: O
  readonly mask?: Mask
  readonly action: A
  readonly reward: number
  /** τ, the decision rounds that the action lasted: the factor to the next value is γ^τ (0 within a round). */
  readonly duration: number
  readonly logProbability?: number
  readonly value?: number
  /** What came with the observation: undefined at the episode's start, and where the agent isn't recurrent. */
  readonly memory?: Memory
}

/** One actor's part of one episode, in order. */
export interface Trajectory<O, A> {
  readonly episode: number
  /** Who acted: a group's name, or `shared`. */
  readonly actor: string
  readonly transitions: readonly Transition<O, A>[]
  readonly terminated: boolean
  readonly truncated: boolean
  /** What followed the last action: bootstrapped from when the episode was truncated. */
  readonly finalObservation: O
  /** What is allowed there; undefined where the episode terminated, or everything is. */
  readonly finalMask?: Mask
  /** What came of the last decision, where the agent is recurrent: it goes with `finalObservation`. */
  readonly finalMemory?: Memory
}

/** Named figures of one update (loss, entropy, gradient norm…), all finite. */
export type LearnReport = Readonly<Record<string, number>>

/** JSON-safe and complete: weights, optimizer slots, buffers, random state, counters. */
export type AgentState = { readonly [key: string]: unknown }

/** Acts and learns. One `learn` takes `appetite.count` steps or episodes' trajectories. */
export interface Agent<O, A> {
  /** What one `learn` takes. */
  readonly appetite: { readonly unit: 'step' | 'episode'; readonly count: number }
  /** One decision an observation, in order; changes nothing that `state` holds. */
  act(observations: readonly O[], context: ActContext): MaybePromise<readonly Decision<A>[]>
  /** Improves by trajectories that it acted in; leaves them as they are. */
  learn(trajectories: readonly Trajectory<O, A>[]): MaybePromise<LearnReport>
  /** All that its future depends on. */
  state(): AgentState
  /** Goes on bit by bit as the agent that `state` came from. */
  restore(state: AgentState): void
  /** The same over typed arrays, for environments that step so. */
  readonly arrays?: ArrayAgent
  /** The settings, numbers all, that may change between updates: what a schedule can be of. */
  readonly adjustable?: readonly string[]
  /**
   * Changes some of them from the next update on. They are no part of `state`: whoever restores it says them again.
   * @throws input error where a setting can't change, or not to that
   */
  adjust?(settings: Readonly<Record<string, number>>): void
  /** Gives back tensors and the like; called once. */
  dispose?(): void
}

/** Makes an approximator with the sizes that an agent needs; the user's own go here. */
export type NetworkFactory = (sizes: { inputs: number; outputs: number; rng: Rng }) => Approximator

/** What an agent is made with. */
export interface AgentContext<C = unknown> {
  readonly observationSpace: Space<unknown>
  readonly actionSpace: Space<unknown>
  /** Names of the observation's elements, where they have some: who reads one by itself reads it by name. */
  readonly features?: readonly string[]
  /** As the definition's schema parsed it. */
  readonly config: C
  /** For initial weights; learning draws from streams derived of it. */
  readonly rng: Rng
  /** γ, the discount a decision round. */
  readonly gamma: number
  /**
   * Logits of discrete actions that the environment suggests to start from, added to the policy's own: where one
   * wrong action spoils an episode, a uniform start learns nothing from the first hundred.
   */
  readonly initialLogits?: Float32Array
  /**
   * How an agent's multi-layer perceptrons are computed; default: `Mlp`, in WebAssembly SIMD. Large ones are faster
   * on the engine (`EngineMlp`).
   */
  readonly perceptron?: (options: MlpOptions) => Approximator
  /** The user's own networks, for agents that have a policy or a value function. */
  readonly networks?: { readonly policy?: NetworkFactory; readonly value?: NetworkFactory }
}

/** How an agent's published recipe plays environments. */
export interface Recipe {
  /** Environments that are played at once. */
  readonly envs?: number
  /** What is normalised by its running moments. */
  readonly normalize?: readonly ('observations' | 'rewards')[]
}

/** An agent as a plugin registers it. */
export interface AgentDefinition<S extends z.ZodType = z.ZodType> {
  readonly description: string
  readonly config: S
  /** Why this agent can't act in these spaces, or undefined when it can: asked at composition. */
  refuses?(context: { observationSpace: Space<unknown>; actionSpace: Space<unknown> }): string | undefined
  /** What `layergym train` does where the user doesn't say; default: one environment as it is. */
  recipe?(context: Pick<AgentContext<z.infer<S>>, 'observationSpace' | 'actionSpace' | 'config'>): Recipe
  /** The whole of its settings, presets filled in: `config` takes them too. Default: the config as it is. */
  settings?(context: Pick<AgentContext<z.infer<S>>, 'actionSpace' | 'config'>): z.infer<S>
  factory(context: AgentContext<z.infer<S>>): Agent<unknown, unknown>
}

/** An agent's definition with the type of its config inferred from the schema. */
export function defineAgent<S extends z.ZodType>(definition: AgentDefinition<S>): AgentDefinition<S> {
  return definition
}
