import type { Rng } from '../../common/random.ts'
import type { Mask, Space } from '../env.ts'
import { checkMaskLength } from './discrete.ts'
import { knownByKind } from './kind.ts'

/** What a space's values are. */
export type ValueOf<S> = S extends Space<infer T> ? T : never

/** Named parts. Flat form and masks: those of the parts one after the other, in the order of the keys. */
export class Dict<S extends Readonly<Record<string, Space<unknown>>>>
  implements Space<{ readonly [K in keyof S]: ValueOf<S[K]> }>
{
  readonly kind = 'dict'

  readonly flatSize: number
  private readonly keys: readonly string[]
  private readonly parts: Parts

  constructor(readonly spaces: S) {
    this.keys = Object.keys(spaces)
    this.parts = new Parts(Object.values(spaces))
    this.flatSize = this.parts.flatSize
  }

  sample(rng: Rng, mask?: Mask): { readonly [K in keyof S]: ValueOf<S[K]> } {
    return this.named(this.parts.sample(rng, mask))
  }

  contains(value: unknown): value is { readonly [K in keyof S]: ValueOf<S[K]> } {
    if (typeof value !== 'object' || value === null) return false
    const values = value as Record<string, unknown>
    return (
      Object.keys(values).length === this.keys.length &&
      this.keys.every(key => Object.hasOwn(values, key) && this.spaces[key].contains(values[key]))
    )
  }

  flatten(value: { readonly [K in keyof S]: ValueOf<S[K]> }): Float32Array {
    return this.parts.flatten(this.keys.map(key => value[key]))
  }

  unflatten(flat: Float32Array): { readonly [K in keyof S]: ValueOf<S[K]> } {
    return this.named(this.parts.unflatten(flat))
  }

  toJSON(): Record<string, unknown> {
    const spaces = Object.fromEntries(this.keys.map(key => [key, this.spaces[key].toJSON()]))
    return { kind: this.kind, spaces }
  }

  private named(values: readonly unknown[]) {
    const entries = this.keys.map((key, i) => [key, values[i]])
    return Object.fromEntries(entries) as { readonly [K in keyof S]: ValueOf<S[K]> }
  }
}
knownByKind(Dict, 'dict')

/** Parts by position. Flat form and masks: those of the parts one after the other. */
export class Tuple<S extends readonly Space<unknown>[]>
  implements Space<{ readonly [K in keyof S]: ValueOf<S[K]> }>
{
  readonly kind = 'tuple'

  readonly flatSize: number
  readonly spaces: S
  private readonly parts: Parts

  /** Positional, so that the parts' types are kept: `new Tuple(new Discrete(2), new Box(0, 1, [3]))`. */
  constructor(...spaces: S) {
    this.spaces = spaces
    this.parts = new Parts(spaces)
    this.flatSize = this.parts.flatSize
  }

  sample(rng: Rng, mask?: Mask): { readonly [K in keyof S]: ValueOf<S[K]> } {
    return this.parts.sample(rng, mask) as { readonly [K in keyof S]: ValueOf<S[K]> }
  }

  contains(value: unknown): value is { readonly [K in keyof S]: ValueOf<S[K]> } {
    return (
      Array.isArray(value) &&
      value.length === this.spaces.length &&
      this.spaces.every((space, i) => space.contains(value[i]))
    )
  }

  flatten(value: { readonly [K in keyof S]: ValueOf<S[K]> }): Float32Array {
    return this.parts.flatten(value)
  }

  unflatten(flat: Float32Array): { readonly [K in keyof S]: ValueOf<S[K]> } {
    return this.parts.unflatten(flat) as { readonly [K in keyof S]: ValueOf<S[K]> }
  }

  toJSON(): Record<string, unknown> {
    return { kind: this.kind, spaces: this.spaces.map(space => space.toJSON()) }
  }
}
knownByKind(Tuple, 'tuple')

/** What Dict and Tuple have in common: spaces side by side in one flat vector. */
class Parts {
  readonly flatSize: number

  constructor(private readonly spaces: readonly Space<unknown>[]) {
    this.flatSize = spaces.reduce((sum, space) => sum + space.flatSize, 0)
  }

  sample(rng: Rng, mask: Mask | undefined): readonly unknown[] {
    if (mask !== undefined) checkMaskLength(mask, this.flatSize)
    return this.each((space, from, to) => space.sample(rng, mask?.subarray(from, to)))
  }

  flatten(values: readonly unknown[]): Float32Array {
    const flat = new Float32Array(this.flatSize)
    this.each((space, from, _to, i) => flat.set(space.flatten(values[i]), from))
    return flat
  }

  unflatten(flat: Float32Array): readonly unknown[] {
    return this.each((space, from, to) => space.unflatten(flat.subarray(from, to)))
  }

  private each<R>(visit: (space: Space<unknown>, from: number, to: number, i: number) => R): R[] {
    let at = 0
    return this.spaces.map((space, i) => {
      const from = at
      at += space.flatSize
      return visit(space, from, at, i)
    })
  }
}
