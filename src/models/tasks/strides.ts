import { inputError } from '../../common/error.ts'

/**
 * Those of the wanted strides that a network offers; where it has none of them, as many of its coarsest.
 * @throws input error for a network without maps
 */
export function stridesOf(
  offered: readonly number[],
  wanted: readonly number[],
  task: string,
): readonly number[] {
  const both = wanted.filter(stride => offered.includes(stride))
  if (both.length > 0) return both
  if (offered.length > 0) return offered.slice(-wanted.length)
  throw inputError(
    'model.no-maps',
    `${task} reads maps of a network, and this one has none: give an image network whose layers are convolutions`,
  )
}
