import { z } from 'zod'
import { inputError } from '../common/error.ts'
import type { Space } from '../envs/env.ts'
import { Box } from '../envs/spaces.ts'
import type { AgentContext, NetworkFactory } from './agent.ts'
import { ConvNet, type PictureShape } from './conv-net.ts'
import { type MlpOptions, simd } from './mlp.ts'

/** What an agent's networks are: `auto` puts a convolution before the layers where observations are pictures. */
export const networkKinds = z.enum(['auto', 'mlp', 'cnn'])
/** One of them. */
export type NetworkKind = z.infer<typeof networkKinds>

/** Of the setting. */
export const NETWORK_SAYS =
  'auto: 16 filters of 3x3 before the layers where observations are pictures, [H, W, C]; mlp: never; cnn: always'

const SMALLEST = 3

/**
 * Makes networks of a kind, with these layers; convolutions are always on the kernels.
 * @throws input error where a convolution is asked for and observations are no pictures
 */
export function networksOf(
  kind: NetworkKind,
  { observationSpace, perceptron = simd }: Pick<AgentContext, 'observationSpace' | 'perceptron'>,
): (layers: Omit<MlpOptions, 'inputs' | 'outputs' | 'rng'>) => NetworkFactory {
  const picture = kind === 'mlp' ? undefined : pictureOf(observationSpace)
  if (kind === 'cnn' && picture === undefined) {
    throw inputError(
      'network.picture',
      `network cnn takes pictures, a Box of [H, W, C] from 3x3 on, and observations are ${JSON.stringify(observationSpace)}: set network to mlp`,
    )
  }
  if (picture === undefined) return layers => sizes => perceptron({ ...sizes, ...layers })
  return layers => sizes => new ConvNet({ ...sizes, ...layers, ...picture })
}

/** Its shape, and what brings its numbers within ±1; undefined for others than pictures. */
function pictureOf(
  space: Space<unknown>,
): { readonly picture: PictureShape; readonly scale: number } | undefined {
  if (!(space instanceof Box) || space.shape.length !== 3) return undefined
  const [height, width, channels] = space.shape as PictureShape
  if (height < SMALLEST || width < SMALLEST) return undefined
  let largest = 0
  for (const bounds of [space.low, space.high]) {
    for (const bound of bounds) largest = Math.max(largest, Math.abs(bound))
  }
  return { picture: [height, width, channels], scale: largest > 0 && largest < Infinity ? 1 / largest : 1 }
}
