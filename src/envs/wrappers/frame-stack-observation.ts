import { concatenated } from '../../common/arrays.ts'
import { inputError } from '../../common/error.ts'
import type { Env, MaybePromise, ResetResult, Space, StepResult } from '../env.ts'
import { Box } from '../spaces.ts'
import { boxOf } from './box-of.ts'
import { Wrapper, whenDone } from './wrapper.ts'

/**
 * The last observations as one, [count, ...shape], the newest last: as Gymnasium's FrameStackObservation, an episode begins
 * with `count` times its first.
 */
export class FrameStackObservation<A> extends Wrapper<Float32Array, A> {
  readonly observationSpace: Box
  readonly actionSpace: Space<A>
  /** The newest last. */
  private frames: readonly Float32Array[] = []

  /** @throws input error unless observations are a Box and `count` is an integer >= 1 */
  constructor(
    env: Env<Float32Array, A>,
    private readonly count: number,
  ) {
    super(env)
    const { low, high, shape } = boxOf(env, 'FrameStackObservation')
    if (!Number.isInteger(count) || count < 1)
      throw inputError('env.frame-stack', `a stack has an integer >= 1 of frames, not ${count}`)
    const times = (bound: Float32Array) => Array.from({ length: count }, () => [...bound]).flat()
    this.observationSpace = new Box(times(low), times(high), [count, ...shape])
    this.actionSpace = env.actionSpace
  }

  reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<Float32Array>> {
    return whenDone(this.env.reset(options), result => {
      this.frames = Array.from({ length: this.count }, () => result.observation)
      return { ...result, observation: this.stacked() }
    })
  }

  step(action: A): MaybePromise<StepResult<Float32Array>> {
    return whenDone(this.env.step(action), result => {
      this.frames = [...this.frames.slice(1), result.observation]
      return { ...result, observation: this.stacked() }
    })
  }

  protected override saved(): unknown {
    return this.frames
  }

  protected override resume(saved: unknown): void {
    this.frames = saved as readonly Float32Array[]
  }

  private stacked(): Float32Array {
    return concatenated(this.frames)
  }
}
