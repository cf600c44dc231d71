import { inputError } from '../../common/error.ts'
import type { Env, MaybePromise, ResetResult, Space, StepResult } from '../env.ts'
import { Box } from '../spaces.ts'
import { Wrapper } from './wrapper.ts'

/** Takes any real actions and clips them into the inner environment's Box. */
export class ClipAction<O> extends Wrapper<O, Float32Array> {
  readonly observationSpace: Space<O>
  readonly actionSpace: Box
  private readonly inner: Box

  /** @throws input error unless actions are a Box of float32 */
  constructor(env: Env<O, Float32Array>) {
    super(env)
    if (!(env.actionSpace instanceof Box) || env.actionSpace.dtype !== 'float32') {
      throw inputError(
        'env.clip-action',
        `ClipAction needs an environment with Box actions (float32); ${env.spec.id} has ${JSON.stringify(env.actionSpace)}`,
      )
    }
    this.inner = env.actionSpace
    this.observationSpace = env.observationSpace
    this.actionSpace = new Box(-Infinity, Infinity, this.inner.shape)
  }

  reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<O>> {
    return this.env.reset(options)
  }

  step(action: Float32Array): MaybePromise<StepResult<O>> {
    const { low, high } = this.inner
    return this.env.step(action.map((x, i) => Math.min(Math.max(x, low[i]), high[i])))
  }
}
