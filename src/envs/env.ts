import type { Frame } from '../common/canvas.ts'
import type { Rng } from '../common/random.ts'

/** At once, or when it is there: a small environment's step is synchronous, a round of fine-tuning isn't. */
export type MaybePromise<T> = T | Promise<T>

/** Which discrete actions are allowed: 1 allowed, 0 not. Same length as the action space's `n`. */
export type Mask = Uint8Array

/** JSON-safe extra facts about a step. `duration` (τ ≥ 0, default 1) says how many decision rounds the step lasted. */
export type Info = Readonly<Record<string, unknown>>

/** Everything that decides an environment's future, its random streams included. Opaque: only its own env restores it. */
export type Snapshot = unknown

/** A set of values, as Gymnasium's spaces: sampling, membership, a flat vector form and a JSON form. */
export interface Space<T> {
  /** Which kind of space: what `toJSON` says too. */
  readonly kind: string
  /** A uniform sample; a mask limits discrete spaces to allowed actions. */
  sample(rng: Rng, mask?: Mask): T
  /** Whether a value is one of the set: type, shape and bounds. */
  contains(value: unknown): value is T
  /** Length of the flat form. */
  readonly flatSize: number
  /** One-hot for Discrete, values in order for Box. */
  flatten(value: T): Float32Array
  /** The value back from its flat form, `flatSize` numbers. */
  unflatten(flat: Float32Array): T
  /** JSON-safe description, e.g. `{ kind: 'discrete', n: 5 }`. */
  toJSON(): Record<string, unknown>
}

/** What is known of an environment before it is played, as Gymnasium's `EnvSpec`. */
export interface EnvSpec {
  readonly id: string
  /** Steps after which an episode is truncated. */
  readonly maxEpisodeSteps?: number
  /** Mean return from which it counts as solved. */
  readonly rewardThreshold?: number
  /** Frames a second at which pictures of it look natural. */
  readonly renderFps?: number
  /** True where one seed and the same actions may differ: checkers then compare no two runs. */
  readonly nondeterministic?: boolean
  /** Each one takes time and memory of its own: few are kept at once. */
  readonly heavy?: boolean
}

/** How an episode begins. */
export interface ResetResult<O> {
  readonly observation: O
  readonly info: Info
}

/** What one step came to; at most one of `terminated` and `truncated` ends the episode, or both at once. */
export interface StepResult<O> extends ResetResult<O> {
  /** Finite. */
  readonly reward: number
  /** The MDP's own end: nothing follows, agents do not bootstrap. */
  readonly terminated: boolean
  /** Cut from outside (time limit): agents bootstrap from the final observation. */
  readonly truncated: boolean
}

/** Gymnasium's `Env` (gymnasium/core.py) in TypeScript's shapes; a step may be synchronous. */
export interface Env<O, A> {
  readonly spec: EnvSpec
  readonly observationSpace: Space<O>
  readonly actionSpace: Space<A>
  /** Starts an episode. With a seed, everything after it is reproducible; without, the stream goes on. */
  reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<O>>
  /** One decision, in the action space and allowed by the mask. After an episode's end comes `reset`. */
  step(action: A): MaybePromise<StepResult<O>>
  /** Allowed actions in the current state. */
  actionMask?(): Mask
  /** What `restore` needs to go on from here, bit by bit; later steps don't change it. */
  snapshot?(): MaybePromise<Snapshot>
  restore?(snapshot: Snapshot): MaybePromise<void>
  /** The current state as a picture, or as text. */
  render?(): MaybePromise<Frame | string>
  /** Gives back what the environment holds; called once, at the end. */
  close?(): MaybePromise<void>
}
