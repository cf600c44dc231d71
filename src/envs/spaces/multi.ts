import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Mask, Space } from '../env.ts'
import { checkMaskLength, Discrete } from './discrete.ts'
import { knownByKind } from './kind.ts'

/** Several discrete choices at once: the i-th is in 0 … sizes[i] − 1. Flat form: their one-hots, [Σ sizes]. */
export class MultiDiscrete implements Space<readonly number[]> {
  readonly kind = 'multi-discrete'

  readonly flatSize: number
  private readonly parts: readonly Discrete[]

  /** @throws input error unless every size is an integer ≥ 1 */
  constructor(readonly sizes: readonly number[]) {
    if (sizes.length === 0) throw inputError('space.multi-discrete', 'MultiDiscrete takes at least one size')
    this.parts = sizes.map(n => new Discrete(n))
    this.flatSize = sizes.reduce((sum, n) => sum + n, 0)
  }

  /** The mask is the choices' masks one after the other, [Σ sizes]. */
  sample(rng: Rng, mask?: Mask): readonly number[] {
    if (mask !== undefined) checkMaskLength(mask, this.flatSize)
    let at = 0
    return this.parts.map(part => {
      at += part.n
      return part.sample(rng, mask?.subarray(at - part.n, at))
    })
  }

  contains(value: unknown): value is readonly number[] {
    return (
      Array.isArray(value) &&
      value.length === this.parts.length &&
      this.parts.every((part, i) => part.contains(value[i]))
    )
  }

  flatten(value: readonly number[]): Float32Array {
    const flat = new Float32Array(this.flatSize)
    let at = 0
    for (const [i, { n }] of this.parts.entries()) {
      flat[at + value[i]] = 1
      at += n
    }
    return flat
  }

  unflatten(flat: Float32Array): readonly number[] {
    let at = 0
    return this.parts.map(part => {
      at += part.n
      return part.unflatten(flat.subarray(at - part.n, at))
    })
  }

  toJSON(): Record<string, unknown> {
    return { kind: this.kind, sizes: [...this.sizes] }
  }
}
knownByKind(MultiDiscrete, 'multi-discrete')

/** n switches, each 0 or 1: Uint8Arrays [n]. */
export class MultiBinary implements Space<Uint8Array> {
  readonly kind = 'multi-binary'

  /** @throws input error unless n is an integer ≥ 1 */
  constructor(readonly n: number) {
    if (!Number.isInteger(n) || n < 1) {
      throw inputError('space.multi-binary', `MultiBinary(n) takes an integer n >= 1, not ${n}`)
    }
  }

  get flatSize(): number {
    return this.n
  }

  /** The mask says which switches may be 1. */
  sample(rng: Rng, mask?: Mask): Uint8Array {
    if (mask !== undefined) checkMaskLength(mask, this.n)
    return Uint8Array.from({ length: this.n }, (_, i) => (mask?.[i] === 0 ? 0 : rng.int(2)))
  }

  contains(value: unknown): value is Uint8Array {
    return value instanceof Uint8Array && value.length === this.n && value.every(bit => bit <= 1)
  }

  flatten(value: Uint8Array): Float32Array {
    return Float32Array.from(value)
  }

  unflatten(flat: Float32Array): Uint8Array {
    return Uint8Array.from(flat)
  }

  toJSON(): Record<string, unknown> {
    return { kind: this.kind, n: this.n }
  }
}
knownByKind(MultiBinary, 'multi-binary')
