import { inputError } from '../../common/error.ts'
import type { Env, MaybePromise, StepResult } from '../env.ts'
import { type Moments, RunningMoments } from './running-moments.ts'
import { SameSpaces, whenDone } from './wrapper.ts'

interface NormalizeRewardOptions {
  readonly gamma?: number
  readonly epsilon?: number
  readonly clip?: number
  readonly moments?: RunningMoments
}

/**
 * Divides rewards by the standard deviation of the running discounted return (Gymnasium's
 * wrappers/stateful_reward.py): the return goes on across truncated episodes and starts anew after terminated ones.
 */
export class NormalizeReward<O, A> extends SameSpaces<O, A> {
  readonly moments: RunningMoments
  frozen = false
  private discounted = 0
  private readonly gamma: number
  private readonly epsilon: number
  private readonly clip: number

  /**
   * @param options.gamma discount of the return, default 0.99
   * @param options.epsilon added to the variance, default 1e-8
   * @param options.clip bound on what comes out, either way; default none (CleanRL and Stable-Baselines3 take 10)
   * @param options.moments of returns, shared with other environments; default its own
   * @throws input error unless gamma is in [0, 1] and epsilon > 0
   */
  constructor(env: Env<O, A>, options: NormalizeRewardOptions = {}) {
    super(env)
    this.gamma = options.gamma ?? 0.99
    this.epsilon = options.epsilon ?? 1e-8
    this.clip = options.clip ?? Infinity
    this.moments = options.moments ?? new RunningMoments(1)
    if (!(this.gamma >= 0 && this.gamma <= 1 && this.epsilon > 0)) {
      throw inputError(
        'env.normalize-reward',
        `NormalizeReward takes gamma in [0, 1] and epsilon > 0, not ${this.gamma} and ${this.epsilon}`,
      )
    }
  }

  override step(action: A): MaybePromise<StepResult<O>> {
    return whenDone(this.env.step(action), result => {
      const kept = result.terminated ? 0 : this.discounted * this.gamma
      this.discounted = kept + result.reward
      if (!this.frozen) this.moments.update([this.discounted])
      const normalized = result.reward / Math.sqrt(this.moments.variance[0] + this.epsilon)
      return { ...result, reward: Math.min(Math.max(normalized, -this.clip), this.clip) }
    })
  }

  protected override saved(): unknown {
    return { moments: this.moments.state(), discounted: this.discounted }
  }

  protected override resume(saved: unknown): void {
    const { moments, discounted } = saved as { moments: Moments; discounted: number }
    this.moments.restore(moments)
    this.discounted = discounted
  }
}
