import type { Rng } from '../common/random.ts'

export type MaybePromise<T> = T | Promise<T>

/** Which discrete actions are allowed: 1 allowed, 0 not. Same length as the action space's `n`. */
export type Mask = Uint8Array

/** JSON-safe extra facts about a step. `duration` (τ ≥ 0, default 1) says how many decision rounds the step lasted. */
export type Info = Readonly<Record<string, unknown>>

/** Everything that decides an environment's future, its random streams included. Opaque: only its own env restores it. */
export type Snapshot = unknown

/** A set of values, as Gymnasium's spaces: sampling, membership, a flat vector form and a JSON form. */
export interface Space<T> {
  readonly kind: string
  /** A uniform sample; a mask limits discrete spaces to allowed actions. */
  sample(rng: Rng, mask?: Mask): T
  contains(value: unknown): value is T
  /** Length of the flat form. */
  readonly flatSize: number
  /** One-hot for Discrete, values in order for Box. */
  flatten(value: T): Float32Array
  unflatten(flat: Float32Array): T
  /** JSON-safe description, e.g. `{ kind: 'discrete', n: 5 }`. */
  toJSON(): Record<string, unknown>
}

export interface EnvSpec {
  readonly id: string
  readonly maxEpisodeSteps?: number
  readonly rewardThreshold?: number
  readonly nondeterministic?: boolean
}

export interface ResetResult<O> {
  readonly observation: O
  readonly info: Info
}

export interface StepResult<O> extends ResetResult<O> {
  readonly reward: number
  /** The MDP's own end: nothing follows, agents do not bootstrap. */
  readonly terminated: boolean
  /** Cut from outside (time limit): agents bootstrap from the final observation. */
  readonly truncated: boolean
}

/** An RGB picture, uint8 [height, width, 3]. */
export interface Frame {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/** Gymnasium's `Env` (gymnasium/core.py) in TypeScript's shapes; a step may be synchronous. */
export interface Env<O, A> {
  readonly spec: EnvSpec
  readonly observationSpace: Space<O>
  readonly actionSpace: Space<A>
  /** Starts an episode. With a seed, everything after it is reproducible; without, the stream goes on. */
  reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<O>>
  step(action: A): MaybePromise<StepResult<O>>
  /** Allowed actions in the current state. */
  actionMask?(): Mask
  snapshot?(): MaybePromise<Snapshot>
  restore?(snapshot: Snapshot): MaybePromise<void>
  render?(): MaybePromise<Frame | string>
  close?(): MaybePromise<void>
}
