import { inputError } from '../../common/error.ts'
import type { Env, EnvSpec, MaybePromise, ResetResult, StepResult } from '../env.ts'
import { SameSpaces, whenDone } from './wrapper.ts'

/**
 * Truncates episodes after `maxSteps` steps; as in Gymnasium, also one that terminates at that very step has both
 * flags. `spec.maxEpisodeSteps` says the limit.
 */
export class TimeLimit<O, A> extends SameSpaces<O, A> {
  override readonly spec: EnvSpec
  private steps = 0

  /** @throws input error unless `maxSteps` is an integer ≥ 1 */
  constructor(
    env: Env<O, A>,
    readonly maxSteps: number,
  ) {
    super(env)
    if (!Number.isInteger(maxSteps) || maxSteps < 1) {
      throw inputError('env.time-limit', `a time limit is an integer >= 1, not ${maxSteps}`)
    }
    this.spec = { ...env.spec, maxEpisodeSteps: maxSteps }
  }

  override reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<O>> {
    this.steps = 0
    return this.env.reset(options)
  }

  override step(action: A): MaybePromise<StepResult<O>> {
    if (this.steps >= this.maxSteps) {
      throw inputError(
        'env.ended',
        `the episode of ${this.spec.id} is over after ${this.maxSteps} steps: call reset() before step()`,
      )
    }
    const result = this.env.step(action)
    // No closure and no copy on the way of every step but the last.
    if (this.steps + 1 < this.maxSteps) {
      if (!(result instanceof Promise)) {
        this.steps++
        return result
      }
    }
    return whenDone(result, done => {
      this.steps++
      return this.steps < this.maxSteps ? done : { ...done, truncated: true }
    })
  }

  protected override saved(): unknown {
    return this.steps
  }

  protected override resume(saved: unknown): void {
    this.steps = saved as number
  }
}
