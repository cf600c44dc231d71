import type { Rng } from '../../common/random.ts'
import type { Mask, Space } from '../../envs/env.ts'
import { Box, Dict, Discrete, MultiBinary, MultiDiscrete } from '../../envs/spaces.ts'

/** Spaces in which an agent is tried. */
export interface World {
  /** For messages: "with Box actions". */
  readonly name: string
  readonly observationSpace: Space<unknown>
  readonly actionSpace: Space<unknown>
}

/** Every kind of action space that there is, and of observation space that agents meet. */
export function everyWorld(): readonly World[] {
  const seen = new Box(-1, 1, [4])
  return [
    { name: 'Discrete actions', observationSpace: seen, actionSpace: new Discrete(3) },
    { name: 'MultiDiscrete actions', observationSpace: seen, actionSpace: new MultiDiscrete([2, 3]) },
    { name: 'Box actions', observationSpace: seen, actionSpace: new Box(-1, 1, [2]) },
    { name: 'MultiBinary actions', observationSpace: seen, actionSpace: new MultiBinary(3) },
    { name: 'Discrete observations', observationSpace: new Discrete(5), actionSpace: new Discrete(3) },
    {
      name: 'Dict observations',
      observationSpace: new Dict({ position: new Box(-1, 1, [2]), door: new Discrete(3) }),
      actionSpace: new Discrete(3),
    },
  ]
}

export const MASKINGS = ['no mask', 'some actions forbidden', 'one action allowed'] as const
export type Masking = (typeof MASKINGS)[number]

/** A mask that leaves something to do; undefined where the space has none. */
export function maskFor(space: Space<unknown>, masking: Masking, rng: Rng): Mask | undefined {
  if (masking === 'no mask') return undefined
  if (space instanceof MultiBinary) return Uint8Array.from({ length: space.n }, () => rng.int(2))
  if (!(space instanceof Discrete) && !(space instanceof MultiDiscrete)) return undefined
  const sizes = space instanceof Discrete ? [space.n] : space.sizes
  const others = masking === 'one action allowed' ? 0 : 1
  return Uint8Array.from(
    sizes.flatMap(size => {
      const keep = rng.int(size)
      return Array.from({ length: size }, (_, i) => (i === keep ? 1 : others * rng.int(2)))
    }),
  )
}

/** Whether an action of the space is one that the mask allows. */
export function allows(mask: Mask, space: Space<unknown>, action: unknown): boolean {
  return space.flatten(action).every((chosen, i) => chosen === 0 || mask[i] === 1)
}

/** Overwrites the arrays in an observation or a mask, as a caller does who uses them again. */
export function overwrite(value: unknown): void {
  if (ArrayBuffer.isView(value) && 'fill' in value) (value as Uint8Array).fill(1)
  else if (Array.isArray(value) && value.every(Number.isFinite)) value.fill(0)
  else if (typeof value === 'object' && value !== null)
    for (const part of Object.values(value)) overwrite(part)
}
