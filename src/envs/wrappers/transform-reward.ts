import type { Env, MaybePromise, StepResult } from '../env.ts'
import { SameSpaces, whenDone } from './wrapper.ts'

/** Every reward through a function: as Gymnasium's TransformReward. */
export class TransformReward<O, A> extends SameSpaces<O, A> {
  constructor(
    env: Env<O, A>,
    private readonly transform: (reward: number) => number,
  ) {
    super(env)
  }

  override step(action: A): MaybePromise<StepResult<O>> {
    return whenDone(this.env.step(action), result => ({ ...result, reward: this.transform(result.reward) }))
  }
}
