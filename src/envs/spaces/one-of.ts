import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Space } from '../env.ts'
import { knownByKind } from './kind.ts'

/**
 * A value of one of several spaces, with the index of whose it is, as Gymnasium's. Flat form: the index, then the
 * value's, then its first number again to the end: [1 + the longest].
 */
export class OneOf implements Space<readonly [index: number, value: unknown]> {
  readonly kind = 'one-of'

  readonly flatSize: number
  readonly spaces: readonly Space<unknown>[]

  /** @throws input error where there is no space */
  constructor(...spaces: readonly Space<unknown>[]) {
    if (spaces.length === 0) throw inputError('space.one-of', 'OneOf takes at least one space')
    this.spaces = spaces
    this.flatSize = 1 + Math.max(...spaces.map(space => space.flatSize))
  }

  /** A space, then a value of it, each uniformly. */
  sample(rng: Rng): readonly [number, unknown] {
    const index = rng.int(this.spaces.length)
    return [index, this.spaces[index].sample(rng)]
  }

  contains(value: unknown): value is readonly [number, unknown] {
    if (!Array.isArray(value) || value.length !== 2) return false
    const [index, inner] = value
    return Number.isInteger(index) && this.spaces[index]?.contains(inner) === true
  }

  flatten([index, value]: readonly [number, unknown]): Float32Array {
    const inner = this.spaces[index].flatten(value)
    const flat = new Float32Array(this.flatSize).fill(inner[0])
    flat[0] = index
    flat.set(inner, 1)
    return flat
  }

  unflatten(flat: Float32Array): readonly [number, unknown] {
    const space = this.spaces[flat[0]]
    return [flat[0], space.unflatten(flat.subarray(1, 1 + space.flatSize))]
  }

  toJSON(): Record<string, unknown> {
    return { kind: this.kind, spaces: this.spaces.map(space => space.toJSON()) }
  }
}
knownByKind(OneOf, 'one-of')
