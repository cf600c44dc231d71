import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { tf } from '../../src/models/tf.ts'

beforeAll(() => tf.setBackend('cpu'))

/** A shape, and for each axis how many lie before, inside and after a block. */
const BLOCKS = fc
  .array(fc.tuple(fc.nat(3), fc.nat(40), fc.nat(3)), { minLength: 1, maxLength: 5 })
  .filter(axes => axes.reduce((size, [before, inside, after]) => size * (before + inside + after), 1) < 800)
const DTYPES = fc.constantFrom('float32', 'int32', 'bool')

/** Each number of a nested list, with its place. */
function entries(value: unknown, place: readonly number[] = []): [readonly number[], number][] {
  return Array.isArray(value)
    ? value.flatMap((inner, i) => entries(inner, [...place, i]))
    : [[place, value as number]]
}

describe('copies of the plain JavaScript engine', () => {
  test('a slice has the numbers of its block, and padding puts them back', () => {
    fc.assert(
      fc.property(BLOCKS, DTYPES, fc.constantFrom(0, 1), (axes, dtype, constant) => {
        tf.tidy(() => {
          const shape = axes.map(([before, inside, after]) => before + inside + after)
          const begin = axes.map(([before]) => before)
          const size = axes.map(([, inside]) => inside)
          const count = shape.reduce((sum, length) => sum * length, 1)
          const whole = tf.tensor(
            Array.from({ length: count }, (_, i) => (dtype === 'bool' ? i % 3 === 0 : i)) as number[],
            shape,
            dtype,
          )
          const all = new Map(entries(whole.arraySync()).map(([place, value]) => [place.join(), value]))
          const part = tf.slice(whole, begin, size)
          expect([part.shape, part.dtype]).toEqual([size, dtype])
          const inPart = entries(part.arraySync())
          expect(inPart.map(([, value]) => value)).toEqual(
            inPart.map(([place]) => all.get(place.map((at, axis) => at + begin[axis]).join())),
          )
          const padded = tf.pad(
            part,
            axes.map(([before, , after]): [number, number] => [before, after]),
            constant,
          )
          expect([padded.shape, padded.dtype]).toEqual([shape, dtype])
          const inside = (place: readonly number[]) =>
            place.every((at, axis) => at >= begin[axis] && at < begin[axis] + size[axis])
          const inPadded = entries(padded.arraySync())
          expect(inPadded.map(([, value]) => value)).toEqual(
            inPadded.map(([place]) => (inside(place) ? all.get(place.join()) : constant)),
          )
        })
      }),
    )
  })

  test('words are left to tfjs', () => {
    const words = tf.tensor2d([
      ['a', 'b'],
      ['c', 'd'],
    ])
    expect(tf.slice(words, [0, 1], [2, 1]).arraySync()).toEqual([['b'], ['d']])
  })

  test('a block that lies outside is refused', () => {
    expect(() => tf.slice(tf.zeros([2, 3]), [0, 2], [2, 2])).toThrow()
  })
})
