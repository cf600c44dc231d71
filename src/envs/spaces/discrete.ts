import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Mask, Space } from '../env.ts'
import { knownByKind } from './kind.ts'

/** The integers 0 … n − 1. Flat form: one-hot, [n]. */
export class Discrete implements Space<number> {
  readonly kind = 'discrete'

  /** @throws input error unless n is an integer ≥ 1 */
  constructor(readonly n: number) {
    if (!Number.isInteger(n) || n < 1) {
      throw inputError('space.discrete', `Discrete(n) takes an integer n >= 1, not ${n}`)
    }
  }

  get flatSize(): number {
    return this.n
  }

  /** @throws input error when the mask has another length than n, or allows nothing */
  sample(rng: Rng, mask?: Mask): number {
    if (mask === undefined) return rng.int(this.n)
    checkMaskLength(mask, this.n)
    return sampleAllowed(rng, mask)
  }

  contains(value: unknown): value is number {
    return Number.isInteger(value) && (value as number) >= 0 && (value as number) < this.n
  }

  flatten(value: number): Float32Array {
    const flat = new Float32Array(this.n)
    flat[value] = 1
    return flat
  }

  unflatten(flat: Float32Array): number {
    return flat.indexOf(Math.max(...flat))
  }

  toJSON(): Record<string, unknown> {
    return { kind: this.kind, n: this.n }
  }
}
knownByKind(Discrete, 'discrete')

/** A uniform choice among the indices that the mask allows. */
export function sampleAllowed(rng: Rng, mask: Mask): number {
  let allowed = 0
  for (const bit of mask) if (bit !== 0) allowed++
  if (allowed === 0) throw inputError('mask.empty', 'the mask allows no action: at least one entry must be 1')
  let left = rng.int(allowed)
  return mask.findIndex(bit => bit !== 0 && left-- === 0)
}

export function checkMaskLength(mask: Mask, length: number): void {
  if (mask.length !== length) {
    throw inputError('mask.length', `the mask has ${mask.length} entries, the space needs ${length}`)
  }
}
