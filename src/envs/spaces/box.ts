import { sizeOf } from '../../common/arrays.ts'
import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Space } from '../env.ts'
import { DTYPES, type Dtype, type NumbersOf } from './dtype.ts'
import { knownByKind } from './kind.ts'

/** A bound for every element, or one for all. */
export type Bound = number | ArrayLike<number>

/**
 * Vectors of numbers between bounds, bounds included; values are typed arrays of `dtype` and `shape` in row-major order,
 * Float32Arrays where nothing else is said. The flat form is float32: whole numbers beyond 2^24 are rounded in it.
 */
export class Box<D extends Dtype = 'float32'> implements Space<NumbersOf[D]> {
  readonly kind = 'box'

  readonly dtype: D
  readonly flatSize: number
  /** [flatSize]; whole numbers without a bound have their dtype's. */
  readonly low: NumbersOf[D]
  /** [flatSize] */
  readonly high: NumbersOf[D]
  /** Which elements of whole numbers have no bound below, above: they are sampled as if they had none. */
  private readonly openBelow: readonly boolean[]
  private readonly openAbove: readonly boolean[]

  /**
   * `new Box(-1, 1, [4])`, or with a bound an element; ±Infinity where there is none. `new Box(0, 255, [84, 84, 3], 'uint8')`.
   * @throws input error when the shape, the dtype or a bound is not one, or a low bound exceeds its high bound
   */
  constructor(
    low: Bound,
    high: Bound,
    readonly shape: readonly number[],
    dtype: D = 'float32' as D,
  ) {
    if (!Object.hasOwn(DTYPES, dtype)) {
      throw inputError('space.box', `a Box's dtype is ${Object.keys(DTYPES).join(', ')}, not ${dtype}`)
    }
    if (!shape.every(size => Number.isInteger(size) && size >= 1)) {
      throw inputError('space.box', `a Box's shape has integers >= 1, not [${shape.join(', ')}]`)
    }
    this.dtype = dtype
    this.flatSize = sizeOf(shape)
    const lows = boundsOf('low', low, this.flatSize, dtype)
    const highs = boundsOf('high', high, this.flatSize, dtype)
    this.low = closed(lows, dtype)
    this.high = closed(highs, dtype)
    this.openBelow = lows.map(bound => bound === -Infinity)
    this.openAbove = highs.map(bound => bound === Infinity)
    const wrong = this.low.findIndex((bound, i) => bound > this.high[i])
    if (wrong >= 0) {
      const [a, b] = [this.low[wrong], this.high[wrong]]
      throw inputError('space.box', `a Box's low bound is at most its high: element ${wrong} has ${a} > ${b}`)
    }
  }

  /**
   * Uniform between finite bounds, exponential from a single one, normal without any; of whole numbers the floor, from a
   * range that is one longer (all as Gymnasium).
   */
  sample(rng: Rng): NumbersOf[D] {
    const { low, high, dtype, openBelow, openAbove } = this
    const { least, most, whole } = DTYPES[dtype]
    const sampled = this.array()
    for (let i = 0; i < sampled.length; i++) {
      const from = openBelow[i] ? -Infinity : low[i]
      const to = openAbove[i] ? Infinity : high[i] + (whole ? 1 : 0)
      const x = sampleBetween(rng, from, to)
      // A sum with one bound may round past the largest number, a product past a bound.
      sampled[i] = Math.min(Math.max(whole ? Math.floor(x) : x, low[i], least), high[i], most)
    }
    return sampled
  }

  contains(value: unknown): value is NumbersOf[D] {
    const { low, high } = this
    if (!(value instanceof DTYPES[this.dtype].array) || value.length !== this.flatSize) return false
    for (let i = 0; i < value.length; i++) {
      // Written so that NaN is outside.
      if (!(value[i] >= low[i] && value[i] <= high[i])) return false
    }
    return true
  }

  flatten(value: NumbersOf[D]): Float32Array {
    return Float32Array.from(value)
  }

  unflatten(flat: Float32Array): NumbersOf[D] {
    return this.array(flat)
  }

  /** An array of the dtype: of these numbers, or of zeros. */
  array(numbers: ArrayLike<number> | number = this.flatSize): NumbersOf[D] {
    return new DTYPES[this.dtype].array(numbers)
  }

  toJSON(): Record<string, unknown> {
    return {
      kind: this.kind,
      low: boundsToJSON(this.low, this.openBelow, '-inf'),
      high: boundsToJSON(this.high, this.openAbove, 'inf'),
      shape: [...this.shape],
      ...(this.dtype !== 'float32' && { dtype: this.dtype }),
    }
  }
}
knownByKind(Box, 'box')

function sampleBetween(rng: Rng, low: number, high: number): number {
  if (low === -Infinity && high === Infinity) return rng.normal()
  if (high === Infinity) return low - Math.log(1 - rng.next())
  if (low === -Infinity) return high + Math.log(1 - rng.next())
  return low + (high - low) * rng.next()
}

/** One an element. */
function boundsOf(name: 'low' | 'high', bound: Bound, size: number, dtype: Dtype): readonly number[] {
  // JSON has no -0: adding 0 makes it 0.
  const bounds =
    typeof bound === 'number' ? new Array<number>(size).fill(bound + 0) : Array.from(bound, x => x + 0)
  if (bounds.length !== size) {
    throw inputError('space.box', `the Box's ${name} has ${bounds.length} bounds, its shape needs ${size}`)
  }
  if (bounds.some(Number.isNaN)) throw inputError('space.box', `the Box's ${name} holds NaN`)
  const { whole, least, most } = DTYPES[dtype]
  const isOpen = (x: number) => x === (name === 'low' ? -Infinity : Infinity) && least < 0
  const wrong = bounds.find(x => whole && !isOpen(x) && !(Number.isInteger(x) && x >= least && x <= most))
  if (wrong !== undefined) {
    const none = least < 0 ? `, or ${name === 'low' ? '-' : ''}Infinity for none` : ''
    throw inputError(
      'space.box',
      `the Box's ${name} holds ${wrong}: bounds of ${dtype} are whole numbers from ${least} to ${most}${none}`,
    )
  }
  return bounds
}

/** Bounds as numbers of the dtype: its own where whole numbers have none. */
function closed<D extends Dtype>(bounds: readonly number[], dtype: D): NumbersOf[D] {
  const { array, whole, least, most } = DTYPES[dtype]
  return new array(whole ? bounds.map(x => Math.min(Math.max(x, least), most)) : bounds)
}

/** JSON has no infinity: it becomes 'inf' or '-inf'. One number where all bounds are equal. */
function boundsToJSON(bounds: ArrayLike<number>, open: readonly boolean[], none: 'inf' | '-inf'): unknown {
  const json = Array.from(bounds, (x, i) =>
    open[i] ? none : Number.isFinite(x) ? x : x > 0 ? 'inf' : '-inf',
  )
  return json.every(x => x === json[0]) ? json[0] : json
}
