import { inputError } from '../../common/error.ts'
import type { Env, MaybePromise, ResetResult, Space, StepResult } from '../env.ts'
import { Box, type Dtype, type NumbersOf } from '../spaces.ts'
import { boxOf } from './box-of.ts'
import { Wrapper, whenDone } from './wrapper.ts'

type Numbers = NumbersOf[Dtype]

/**
 * The last observations as one, [count, ...shape], the newest last: as Gymnasium's FrameStackObservation, an episode begins
 * with `count` times its first.
 */
export class FrameStackObservation<A, N extends Numbers = Float32Array> extends Wrapper<N, A> {
  readonly observationSpace: Space<N>
  private readonly box: Box<Dtype>
  readonly actionSpace: Space<A>
  /** The newest last. */
  private frames: readonly N[] = []

  /** @throws input error unless observations are a Box and `count` is an integer >= 1 */
  constructor(
    env: Env<N, A>,
    private readonly count: number,
  ) {
    super(env)
    const { low, high, shape, dtype } = boxOf(env, 'FrameStackObservation')
    if (!Number.isInteger(count) || count < 1)
      throw inputError('env.frame-stack', `a stack has an integer >= 1 of frames, not ${count}`)
    const times = (bound: Numbers) => Array.from({ length: count }, () => [...bound]).flat()
    this.box = new Box(times(low), times(high), [count, ...shape], dtype)
    this.observationSpace = this.box as unknown as Space<N>
    this.actionSpace = env.actionSpace
  }

  reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<N>> {
    return whenDone(this.env.reset(options), result => {
      this.frames = Array.from({ length: this.count }, () => result.observation)
      return { ...result, observation: this.stacked() }
    })
  }

  step(action: A): MaybePromise<StepResult<N>> {
    return whenDone(this.env.step(action), result => {
      this.frames = [...this.frames.slice(1), result.observation]
      return { ...result, observation: this.stacked() }
    })
  }

  protected override saved(): unknown {
    return this.frames
  }

  protected override resume(saved: unknown): void {
    this.frames = saved as readonly N[]
  }

  private stacked(): N {
    const stack = this.box.array() as N
    for (const [i, frame] of this.frames.entries()) stack.set(frame, i * frame.length)
    return stack
  }
}
