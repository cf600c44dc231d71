import { inputError } from '../../common/error.ts'
import type { Env, MaybePromise, ResetResult, Space, StepResult } from '../env.ts'
import { Box } from '../spaces.ts'
import { boxOf } from './box-of.ts'
import { Wrapper, whenDone } from './wrapper.ts'

/**
 * The steps of the episode so far as one more element of a Box observation, as Gymnasium's TimeAwareObservation: where a
 * time limit ends episodes, what follows depends on it.
 */
export class TimeAwareObservation<A> extends Wrapper<Float32Array, A> {
  readonly observationSpace: Box
  readonly actionSpace: Space<A>
  private readonly limit: number
  private readonly scale: number
  private steps = 0

  /**
   * @param options `normalize`: steps over the limit, in [0, 1], instead of their number
   * @throws input error unless observations are a Box and the environment has a time limit
   */
  constructor(env: Env<Float32Array, A>, { normalize = false }: { readonly normalize?: boolean } = {}) {
    super(env)
    const inner = boxOf(env, 'TimeAwareObservation')
    const { maxEpisodeSteps } = env.spec
    if (maxEpisodeSteps === undefined)
      throw inputError(
        'env.time-aware',
        `${env.spec.id} has no time limit to be aware of: put it into TimeLimit first`,
      )
    this.limit = maxEpisodeSteps
    this.scale = normalize ? 1 / this.limit : 1
    const high = [...inner.high, normalize ? 1 : this.limit]
    this.observationSpace = new Box([...inner.low, 0], high, [inner.flatSize + 1])
    this.actionSpace = env.actionSpace
  }

  reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<Float32Array>> {
    this.steps = 0
    return whenDone(this.env.reset(options), result => this.timed(result))
  }

  step(action: A): MaybePromise<StepResult<Float32Array>> {
    return whenDone(this.env.step(action), result => {
      this.steps++
      return this.timed(result)
    })
  }

  protected override saved(): unknown {
    return this.steps
  }

  protected override resume(saved: unknown): void {
    this.steps = saved as number
  }

  private timed<R extends ResetResult<Float32Array>>(result: R): R {
    const time = this.steps * this.scale
    return { ...result, observation: Float32Array.of(...result.observation, time) }
  }
}
