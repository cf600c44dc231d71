import type { Env, MaybePromise, ResetResult, Space, StepResult } from '../env.ts'
import { Box } from '../spaces.ts'
import { type Moments, RunningMoments } from './running-moments.ts'
import { Wrapper, whenDone } from './wrapper.ts'

export interface NormalizeObservationOptions {
  /** Added to the variance, default 1e-8. */
  readonly epsilon?: number
  /** Bound on what comes out, either way; default none (CleanRL and Stable-Baselines3 take 10). */
  readonly clip?: number
  /** Shared with other environments; default its own. */
  readonly moments?: RunningMoments
}

/**
 * Shifts and scales every element of a Box observation to mean 0 and variance 1, by the moments of all observations
 * seen so far. For evaluation, `frozen = true` uses the moments without learning from what is seen.
 */
export class NormalizeObservation<A> extends Wrapper<Float32Array, A> {
  readonly observationSpace: Box
  readonly actionSpace: Space<A>
  readonly moments: RunningMoments
  frozen = false
  readonly epsilon: number
  readonly clip: number

  constructor(env: Env<Float32Array, A>, options: NormalizeObservationOptions = {}) {
    super(env)
    this.epsilon = options.epsilon ?? 1e-8
    this.clip = options.clip ?? Infinity
    const { flatSize } = env.observationSpace
    const shape = env.observationSpace instanceof Box ? env.observationSpace.shape : [flatSize]
    this.observationSpace = new Box(-this.clip, this.clip, shape)
    this.actionSpace = env.actionSpace
    this.moments = options.moments ?? new RunningMoments(flatSize)
  }

  reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<Float32Array>> {
    return whenDone(this.env.reset(options), result => ({
      ...result,
      observation: this.normalize(result.observation),
    }))
  }

  step(action: A): MaybePromise<StepResult<Float32Array>> {
    return whenDone(this.env.step(action), result => ({
      ...result,
      observation: this.normalize(result.observation),
    }))
  }

  protected override saved(): unknown {
    return this.moments.state()
  }

  protected override resume(saved: unknown): void {
    this.moments.restore(saved as Moments)
  }

  private normalize(observation: Float32Array): Float32Array {
    if (!this.frozen) this.moments.update(observation)
    return this.moments.standardized(observation, this)
  }
}
