import { inputError } from '../../common/error.ts'
import type { Env, MaybePromise, ResetResult, Space, StepResult } from '../env.ts'
import { Box } from '../spaces.ts'
import { Wrapper } from './wrapper.ts'

/** Takes actions within [low, high] and brings them to the inner environment's bounds: as Gymnasium's RescaleAction. */
export class RescaleAction<O> extends Wrapper<O, Float32Array> {
  readonly observationSpace: Space<O>
  readonly actionSpace: Box
  private readonly inner: Box

  /** @throws input error unless actions are a Box of float32 with finite bounds, and `low` lies below `high` */
  constructor(
    env: Env<O, Float32Array>,
    private readonly low = -1,
    private readonly high = 1,
  ) {
    super(env)
    const { actionSpace, spec } = env
    if (!(actionSpace instanceof Box) || actionSpace.dtype !== 'float32' || !isBounded(actionSpace))
      throw inputError(
        'env.rescale-action',
        `RescaleAction needs Box actions (float32) with finite bounds; ${spec.id} has ${JSON.stringify(actionSpace)}`,
      )
    if (!(low < high) || !Number.isFinite(high - low))
      throw inputError(
        'env.rescale-action',
        `actions are rescaled from [low, high], not from [${low}, ${high}]`,
      )
    this.inner = actionSpace
    this.observationSpace = env.observationSpace
    this.actionSpace = new Box(low, high, actionSpace.shape)
  }

  reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<O>> {
    return this.env.reset(options)
  }

  step(action: Float32Array): MaybePromise<StepResult<O>> {
    const { low, high } = this.inner
    const part = (x: number) => (x - this.low) / (this.high - this.low)
    // Rounding must not carry it past a bound.
    const within = (x: number, i: number) => Math.min(Math.max(x, low[i]), high[i])
    return this.env.step(action.map((x, i) => within(low[i] + (high[i] - low[i]) * part(x), i)))
  }
}

function isBounded({ low, high }: Box): boolean {
  return low.every(Number.isFinite) && high.every(Number.isFinite)
}
