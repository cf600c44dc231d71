import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Space } from '../env.ts'
import { knownByKind } from './kind.ts'
import { flattenInto, unflattened } from './lists.ts'

/** Gymnasium's: lengths are 1 + the failures before a success of this probability. */
const SHARE_OF_ENDS = 0.25

/**
 * Lists of up to `maxLength` values of one space, the empty one among them. Gymnasium's Sequence has no longest length; here a flat
 * form needs one. Flat form: how many there are, then theirs one after the other, zeros at the end: [1 + maxLength · size].
 */
export class Sequence<T> implements Space<readonly T[]> {
  readonly kind = 'sequence'

  readonly flatSize: number

  /** @throws input error unless `maxLength` is an integer ≥ 1 */
  constructor(
    readonly space: Space<T>,
    readonly maxLength: number,
  ) {
    if (!Number.isInteger(maxLength) || maxLength < 1) {
      throw inputError('space.sequence', `a Sequence's maxLength is an integer >= 1, not ${maxLength}`)
    }
    this.flatSize = 1 + maxLength * space.flatSize
  }

  /** A length from Gymnasium's geometric distribution, cut at the longest; then values. */
  sample(rng: Rng): readonly T[] {
    const failures = Math.floor(Math.log(1 - rng.next()) / Math.log(1 - SHARE_OF_ENDS))
    return Array.from({ length: Math.min(1 + failures, this.maxLength) }, () => this.space.sample(rng))
  }

  contains(value: unknown): value is readonly T[] {
    return (
      Array.isArray(value) &&
      value.length <= this.maxLength &&
      Array.from(value).every(each => this.space.contains(each))
    )
  }

  flatten(value: readonly T[]): Float32Array {
    const flat = new Float32Array(this.flatSize)
    flat[0] = value.length
    flattenInto(flat, 1, this.space, value)
    return flat
  }

  unflatten(flat: Float32Array): readonly T[] {
    return unflattened(flat, 1, this.space, flat[0])
  }

  toJSON(): Record<string, unknown> {
    return { kind: this.kind, space: this.space.toJSON(), maxLength: this.maxLength }
  }
}
knownByKind(Sequence, 'sequence')
