import type { LearnReport, Trajectory } from '../../agents/agent.ts'
import type { ArrayRollout } from '../../agents/arrays.ts'
import { failure } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import type { MaybePromise } from '../../envs/env.ts'

/** What an agent learns from at once. */
export interface Rollout {
  readonly trajectories: readonly Trajectory<unknown, unknown>[]
  /** The same, where it was played over typed arrays. */
  readonly arrays?: ArrayRollout
  /** Environment steps in it. */
  readonly steps: number
  /** Episodes that ended in it, in order. */
  readonly episodes: readonly FinishedEpisode[]
}

/** An episode of learning that has ended. */
export interface FinishedEpisode {
  /** Environment steps of the whole run when it ended. */
  readonly step: number
  /** Undiscounted, of the environment's own rewards. */
  readonly return: number
  readonly length: number
}

/** Collects rollouts; its state is complete, so that another one goes on bit by bit. */
export interface Collecting {
  /** As much as one update takes; steps end at `limit`. @throws failure when a reward is not finite */
  collect(limit: number): MaybePromise<Rollout>
  /** The agent learns from what was collected. */
  learn(rollout: Rollout): MaybePromise<LearnReport>
  state(): MaybePromise<unknown>
  restore(state: unknown): MaybePromise<void>
  /** Closes the environments. */
  close(): MaybePromise<void>
}

/** Of an episode of a run. */
export function episodeSeed(seed: number, episode: number): number {
  return Rng.of(seed, 'episode', episode).int(2 ** 31)
}

/** @throws failure, always */
export function refuseReward(
  id: string,
  reward: number,
  { length, episode }: { readonly length: number; readonly episode: number },
): never {
  throw failure(
    'env.reward',
    `${id} paid ${reward} in step ${length + 1} of episode ${episode + 1}: ` +
      'rewards are finite numbers (layergym check-env finds such steps)',
  )
}
