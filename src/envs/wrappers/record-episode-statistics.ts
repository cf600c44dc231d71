import type { Env, MaybePromise, ResetResult, StepResult } from '../env.ts'
import { SameSpaces, whenDone } from './wrapper.ts'

/** What an episode came to: undiscounted return, steps, and seconds where a clock was given. */
export interface EpisodeStatistics {
  readonly return: number
  readonly length: number
  readonly seconds?: number
}

/**
 * Adds `info.episode` (EpisodeStatistics) to the last step of every episode, and keeps those of the last `keep`.
 * Outside NormalizeReward it would sum normalised rewards: wrap it inside.
 */
export class RecordEpisodeStatistics<O, A> extends SameSpaces<O, A> {
  private running = { return: 0, length: 0, since: 0 }
  private readonly finished: EpisodeStatistics[] = []
  private readonly keep: number
  private readonly now: (() => number) | undefined

  /**
   * @param options.keep how many episodes to remember, default 100
   * @param options.now a clock in milliseconds, for `seconds`
   */
  constructor(env: Env<O, A>, options: { readonly keep?: number; readonly now?: () => number } = {}) {
    super(env)
    this.keep = options.keep ?? 100
    this.now = options.now
  }

  /** The last episodes, oldest first. */
  get episodes(): readonly EpisodeStatistics[] {
    return this.finished
  }

  override reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<O>> {
    this.running = { return: 0, length: 0, since: this.now?.() ?? 0 }
    return this.env.reset(options)
  }

  override step(action: A): MaybePromise<StepResult<O>> {
    return whenDone(this.env.step(action), result => this.count(result))
  }

  protected override saved(): unknown {
    return this.running
  }

  protected override resume(saved: unknown): void {
    this.running = saved as typeof this.running
  }

  private count(result: StepResult<O>): StepResult<O> {
    const { running } = this
    running.return += result.reward
    running.length++
    if (!result.terminated && !result.truncated) return result
    // A clock may be put back.
    const seconds = this.now && Math.max(0, (this.now() - running.since) / 1000)
    const episode: EpisodeStatistics = {
      return: running.return,
      length: running.length,
      ...(seconds === undefined ? {} : { seconds }),
    }
    this.finished.push(episode)
    if (this.finished.length > this.keep) this.finished.shift()
    return { ...result, info: { ...result.info, episode } }
  }
}
