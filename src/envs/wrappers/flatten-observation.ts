import type { Env, MaybePromise, ResetResult, Space, StepResult } from '../env.ts'
import { Box, Dict, Discrete, MultiBinary, MultiDiscrete, Tuple } from '../spaces.ts'
import { Wrapper, whenDone } from './wrapper.ts'

/** Observations of any space as one vector, [observationSpace.flatSize]: one-hots for Discrete, parts in order. */
export class FlattenObservation<O, A> extends Wrapper<Float32Array, A, O, A> {
  readonly observationSpace: Box
  readonly actionSpace: Space<A>

  constructor(env: Env<O, A>) {
    super(env)
    const { low, high } = flatBounds(env.observationSpace)
    this.observationSpace = new Box(low, high, [env.observationSpace.flatSize])
    this.actionSpace = env.actionSpace
  }

  reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<Float32Array>> {
    return whenDone(this.env.reset(options), result => this.flat(result))
  }

  step(action: A): MaybePromise<StepResult<Float32Array>> {
    return whenDone(this.env.step(action), result => this.flat(result))
  }

  private flat<R extends ResetResult<O>>(result: R): Omit<R, 'observation'> & ResetResult<Float32Array> {
    return { ...result, observation: this.env.observationSpace.flatten(result.observation) }
  }
}

/** Bounds of the flat form. */
function flatBounds(space: Space<unknown>): { readonly low: number[]; readonly high: number[] } {
  if (space instanceof Box) return { low: [...space.low], high: [...space.high] }
  if (space instanceof Dict || space instanceof Tuple) {
    const parts = Object.values<Space<unknown>>(space.spaces).map(flatBounds)
    return { low: parts.flatMap(part => part.low), high: parts.flatMap(part => part.high) }
  }
  const isOneHot = [Discrete, MultiDiscrete, MultiBinary].some(kind => space instanceof kind)
  const [low, high] = isOneHot ? [0, 1] : [-Infinity, Infinity]
  return { low: Array(space.flatSize).fill(low), high: Array(space.flatSize).fill(high) }
}
