import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Mask, Space } from '../env.ts'
import { knownByKind } from './kind.ts'

/** The integers start … start + n − 1. Flat form: one-hot, [n]. */
export class Discrete implements Space<number> {
  readonly kind = 'discrete'

  /**
   * @param start the smallest of them, as Gymnasium's; the agents that ship act where it is 0
   * @throws input error unless n is an integer ≥ 1 and start an integer
   */
  constructor(
    readonly n: number,
    readonly start = 0,
  ) {
    if (!Number.isInteger(n) || n < 1) {
      throw inputError('space.discrete', `Discrete(n) takes an integer n >= 1, not ${n}`)
    }
    if (!Number.isInteger(start)) {
      throw inputError('space.discrete', `Discrete(n, start) takes an integer to start at, not ${start}`)
    }
  }

  get flatSize(): number {
    return this.n
  }

  /** @throws input error when the mask has another length than n, or allows nothing */
  sample(rng: Rng, mask?: Mask): number {
    if (mask === undefined) return this.start + rng.int(this.n)
    checkMaskLength(mask, this.n)
    return this.start + sampleAllowed(rng, mask)
  }

  contains(value: unknown): value is number {
    const index = (value as number) - this.start
    return Number.isInteger(value) && index >= 0 && index < this.n
  }

  flatten(value: number): Float32Array {
    const flat = new Float32Array(this.n)
    flat[value - this.start] = 1
    return flat
  }

  unflatten(flat: Float32Array): number {
    return this.start + flat.indexOf(Math.max(...flat))
  }

  toJSON(): Record<string, unknown> {
    return { kind: this.kind, n: this.n, ...(this.start !== 0 && { start: this.start }) }
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
