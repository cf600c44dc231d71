import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Space } from '../env.ts'
import { knownByKind } from './kind.ts'

/** A bound for every element, or one for all. */
export type Bound = number | ArrayLike<number>

/** Real vectors between bounds, bounds included; values are Float32Arrays of `shape` in row-major order. */
export class Box implements Space<Float32Array> {
  readonly kind = 'box'

  readonly flatSize: number
  /** [flatSize] */
  readonly low: Float32Array
  /** [flatSize] */
  readonly high: Float32Array

  /**
   * `new Box(-1, 1, [4])`, or with a bound an element; ±Infinity where there is none.
   * @throws input error when the shape or a bound is not one, or a low bound exceeds its high bound
   */
  constructor(
    low: Bound,
    high: Bound,
    readonly shape: readonly number[],
  ) {
    if (!shape.every(size => Number.isInteger(size) && size >= 1)) {
      throw inputError('space.box', `a Box's shape has integers >= 1, not [${shape.join(', ')}]`)
    }
    this.flatSize = shape.reduce((product, size) => product * size, 1)
    this.low = boundsOf('low', low, this.flatSize)
    this.high = boundsOf('high', high, this.flatSize)
    const wrong = this.low.findIndex((bound, i) => bound > this.high[i])
    if (wrong >= 0) {
      const [a, b] = [this.low[wrong], this.high[wrong]]
      throw inputError('space.box', `a Box's low bound is at most its high: element ${wrong} has ${a} > ${b}`)
    }
  }

  /** Uniform between finite bounds, exponential from a single one, normal without any (as Gymnasium). */
  sample(rng: Rng): Float32Array {
    return this.low.map((low, i) => {
      const high = this.high[i]
      const x = sampleBetween(rng, low, high)
      // A sum with one bound may round past float32's largest number.
      return Math.min(Math.max(x, low, -MAX_FLOAT32), high, MAX_FLOAT32)
    })
  }

  contains(value: unknown): value is Float32Array {
    if (!(value instanceof Float32Array) || value.length !== this.flatSize) return false
    // Written so that NaN is outside.
    return value.every((x, i) => x >= this.low[i] && x <= this.high[i])
  }

  flatten(value: Float32Array): Float32Array {
    return value.slice()
  }

  unflatten(flat: Float32Array): Float32Array {
    return flat.slice()
  }

  toJSON(): Record<string, unknown> {
    return {
      kind: this.kind,
      low: boundsToJSON(this.low),
      high: boundsToJSON(this.high),
      shape: [...this.shape],
    }
  }
}
knownByKind(Box, 'box')

const MAX_FLOAT32 = (2 - 2 ** -23) * 2 ** 127

function sampleBetween(rng: Rng, low: number, high: number): number {
  if (low === -Infinity && high === Infinity) return rng.normal()
  if (high === Infinity) return low - Math.log(1 - rng.next())
  if (low === -Infinity) return high + Math.log(1 - rng.next())
  return low + (high - low) * rng.next()
}

function boundsOf(name: string, bound: Bound, size: number): Float32Array {
  // JSON has no -0: adding 0 makes it 0.
  const bounds =
    typeof bound === 'number' ? new Float32Array(size).fill(bound + 0) : Float32Array.from(bound, x => x + 0)
  if (bounds.length !== size) {
    throw inputError('space.box', `the Box's ${name} has ${bounds.length} bounds, its shape needs ${size}`)
  }
  if (bounds.some(Number.isNaN)) throw inputError('space.box', `the Box's ${name} holds NaN`)
  return bounds
}

/** JSON has no infinity: it becomes 'inf' or '-inf'. One number where all bounds are equal. */
function boundsToJSON(bounds: Float32Array): unknown {
  const json = Array.from(bounds, x => (Number.isFinite(x) ? x : x > 0 ? 'inf' : '-inf'))
  return bounds.every(x => Object.is(x, bounds[0])) ? json[0] : json
}
