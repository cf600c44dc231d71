import type { Env, MaybePromise, ResetResult, Space, StepResult } from '../env.ts'
import { Wrapper, whenDone } from './wrapper.ts'

/** Every observation through a function, into a space of its own: as Gymnasium's TransformObservation. */
export class TransformObservation<O, A, IO = O> extends Wrapper<O, A, IO, A> {
  readonly observationSpace: Space<O>
  readonly actionSpace: Space<A>

  /**
   * @param transform changes nothing of what it is given
   * @param observationSpace that what it answers is in
   */
  constructor(
    env: Env<IO, A>,
    private readonly transform: (observation: IO) => O,
    observationSpace: Space<O>,
  ) {
    super(env)
    this.observationSpace = observationSpace
    this.actionSpace = env.actionSpace
  }

  reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<O>> {
    return whenDone(this.env.reset(options), result => this.transformed(result))
  }

  step(action: A): MaybePromise<StepResult<O>> {
    return whenDone(this.env.step(action), result => this.transformed(result))
  }

  private transformed<R extends ResetResult<IO>>(result: R): Omit<R, 'observation'> & ResetResult<O> {
    return { ...result, observation: this.transform(result.observation) }
  }
}
