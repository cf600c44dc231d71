import type { EnvSpec, Snapshot, Space } from '../env.ts'
import type { Box, Discrete } from '../spaces.ts'

/** Actions of a `BatchEnv`, one after the other: [size] of Discrete, [size, numbers] of a Box. */
export type BatchActions = ArrayLike<number>

/**
 * Environments of one kind whose states lie in typed arrays: they step together and allocate nothing. Each behaves bit by
 * bit as the single environment of its id does. The arrays are the same ones for as long as it lives, and every call
 * writes over what it changes.
 */
export interface BatchEnv {
  /** Of one; episodes are truncated after its `maxEpisodeSteps`. */
  readonly spec: EnvSpec
  /** Environments in it. */
  readonly size: number
  /** Of one. */
  readonly observationSpace: Box
  /** Of one. */
  readonly actionSpace: Discrete | Space<Float32Array>
  /** [size, numbers of an observation]; of one that has ended, the final one until it is reset. */
  readonly observations: Float32Array
  /** Of the last step, [size] */
  readonly rewards: Float64Array
  /** 1 where the last step ended the episode, 0 once it is reset, [size] */
  readonly terminated: Uint8Array
  /** 1 where the time limit cut it, [size] */
  readonly truncated: Uint8Array
  /**
   * Begins an episode of one of them; without a seed its stream goes on.
   * @throws input error where the options aren't what the environment takes
   */
  reset(index: number, seed?: number, options?: unknown): void
  /**
   * One step of all, but of those with 1 in `skipped`, whose reward and flags are then 0.
   * @throws input error where an action isn't one, or an episode is over; nothing has been stepped then
   */
  step(actions: BatchActions, skipped?: Uint8Array): void
  /** Everything that decides the future of all. */
  snapshot(): Snapshot
  restore(snapshot: Snapshot): void
  /** Gives back what it holds; called once, at the end. */
  close?(): void
}
