import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Space } from '../env.ts'
import { knownByKind } from './kind.ts'

const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * Texts of some length from some characters, as Gymnasium's. Flat form: [maxLength], the place of each character among
 * them, then how many characters there are for each place that the text leaves.
 */
export class Text implements Space<string> {
  readonly kind = 'text'

  readonly minLength: number
  readonly characters: string
  private readonly places: ReadonlyMap<string, number>

  /** @throws input error unless 0 ≤ minLength ≤ maxLength, and there are characters, none of them twice */
  constructor(
    readonly maxLength: number,
    {
      minLength = 1,
      characters = ALPHANUMERIC,
    }: { readonly minLength?: number; readonly characters?: string } = {},
  ) {
    if (
      !Number.isInteger(maxLength) ||
      !Number.isInteger(minLength) ||
      minLength < 0 ||
      maxLength < Math.max(1, minLength)
    ) {
      throw inputError(
        'space.text',
        `a Text has 0 <= minLength <= maxLength, not ${minLength} and ${maxLength}`,
      )
    }
    this.minLength = minLength
    this.characters = characters
    this.places = new Map([...characters].map((character, i) => [character, i]))
    if (characters.length === 0 || this.places.size !== characters.length) {
      throw inputError(
        'space.text',
        `a Text's characters are single code units, each once, not '${characters}'`,
      )
    }
  }

  get flatSize(): number {
    return this.maxLength
  }

  /** A length, then characters, each uniformly. */
  sample(rng: Rng): string {
    const length = this.minLength + rng.int(this.maxLength - this.minLength + 1)
    return Array.from({ length }, () => this.characters[rng.int(this.characters.length)]).join('')
  }

  contains(value: unknown): value is string {
    if (typeof value !== 'string' || value.length < this.minLength || value.length > this.maxLength)
      return false
    return [...value].every(character => this.places.has(character))
  }

  flatten(value: string): Float32Array {
    const end = this.characters.length
    return Float32Array.from({ length: this.maxLength }, (_, i) => this.places.get(value[i]) ?? end)
  }

  unflatten(flat: Float32Array): string {
    return Array.from(flat, place => this.characters[place] ?? '').join('')
  }

  toJSON(): Record<string, unknown> {
    const { kind, maxLength, minLength, characters } = this
    return { kind, maxLength, minLength, characters }
  }
}
knownByKind(Text, 'text')
