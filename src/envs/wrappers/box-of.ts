import { inputError } from '../../common/error.ts'
import type { Env } from '../env.ts'
import { Box, type Dtype } from '../spaces.ts'

/** @throws input error unless observations are a Box */
export function boxOf(env: Env<unknown, unknown>, wrapper: string): Box<Dtype> {
  const { observationSpace, spec } = env
  if (observationSpace instanceof Box) return observationSpace
  throw inputError(
    'env.observations',
    `${wrapper} needs Box observations; ${spec.id} has ${JSON.stringify(observationSpace)}: FlattenObservation makes a Box of others`,
  )
}
