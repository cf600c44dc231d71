import type { Space } from '../../envs/env.ts'
import { Box, Discrete, MultiDiscrete } from '../../envs/spaces.ts'
import { CategoricalDistribution } from './categorical.ts'
import type { Distribution } from './distribution.ts'
import { GaussianDistribution } from './gaussian.ts'

/** The distribution over a space's actions, or undefined where there is none. */
export function distributionOf(space: Space<unknown>, initialLogStd: number): Distribution | undefined {
  // Indices are actions: Discrete's own start would shift them.
  if (space instanceof Discrete && space.start !== 0) return undefined
  if (space instanceof Discrete) return new CategoricalDistribution([space.n], ([action]) => action)
  if (space instanceof MultiDiscrete) return new CategoricalDistribution(space.sizes, actions => actions)
  if (isContinuous(space)) return new GaussianDistribution(space.low, space.high, initialLogStd)
  return undefined
}

/** Whether actions are real vectors as policies make them. */
export function isContinuous(space: Space<unknown>): space is Box {
  return space instanceof Box && space.dtype === 'float32'
}

/** Why agents with such policies can't act here, if they can't. */
export function refusesActions({
  actionSpace,
}: {
  readonly actionSpace: Space<unknown>
}): string | undefined {
  if (distributionOf(actionSpace, 0) !== undefined) return undefined
  return (
    'its policies are over Discrete (from 0 on), MultiDiscrete and Box (float32) actions, ' +
    `and this action space is ${JSON.stringify(actionSpace.toJSON())}`
  )
}
