import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'

/** The state of an `Rng`, JSON-safe. */
export type RngState = readonly number[]

/**
 * A seeded stream of random numbers (xoroshiro128+, from pure-rand).
 * Streams are named by a seed and a path of names or numbers, so that each consumer has its own and none
 * shifts another's: `Rng.of(seed, 'policy', episode)`.
 */
export class Rng {
  private constructor(private readonly generator: RandomGenerator) {}

  /** The stream of this name; the same name gives the same numbers everywhere. */
  static of(seed: number, ...path: readonly (string | number)[]): Rng {
    return new Rng(xoroshiro128plus(hash32(JSON.stringify([seed, ...path]))))
  }

  /** A stream that goes on where `state` was taken. */
  static restore(state: RngState): Rng {
    return new Rng(xoroshiro128plusFromState(state))
  }

  /** Uniform in [0, 1), 53 bits. */
  next(): number {
    return uniformFloat64(this.generator)
  }

  /** Uniform integer in [0, n). */
  int(n: number): number {
    return Math.floor(this.next() * n)
  }

  /** Standard normal (Box and Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()))
    return radius * Math.cos(2 * Math.PI * this.next())
  }

  /** A new array in uniformly random order (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const result = items.slice()
    this.shuffleInPlace(result)
    return result
  }

  shuffleInPlace<T>(items: { readonly length: number; [i: number]: T }): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1)
      const item = items[i]
      items[i] = items[j]
      items[j] = item
    }
  }

  state(): RngState {
    return [...this.generator.getState()]
  }
}

/** FNV-1a with a final avalanche (MurmurHash3's fmix32): near seeds give unrelated streams. */
function hash32(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}
