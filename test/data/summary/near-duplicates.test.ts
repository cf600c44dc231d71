import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import {
  isBlank,
  isNearDuplicate,
  levelsBetween,
  printOf,
} from '../../../src/data/summary/near-duplicates.ts'
import { COLUMNS, ROWS } from '../../../src/data/summary/thumbnails.ts'

/** A thumbnail of this function. */
function picture(of: (row: number, column: number) => number): Uint8Array {
  return Uint8Array.from({ length: ROWS * COLUMNS }, (_, i) => of(Math.floor(i / COLUMNS), i % COLUMNS))
}
const noise = (seed: number) => {
  const rng = Rng.of(seed, 'picture')
  return picture(() => 50 + rng.int(150))
}

describe('the print of a picture', () => {
  test('mean, deviation, and which pixels are brighter than their right neighbours', () => {
    const { mean, deviation, bits, pixels } = printOf(
      picture((_row, column) => (column % 2 === 0 ? 100 : 90)),
    )
    expect(mean).toBeCloseTo(100 - (10 * Math.floor(COLUMNS / 2)) / COLUMNS, 12)
    const share = Math.floor(COLUMNS / 2) / COLUMNS
    expect(deviation).toBeCloseTo(10 * Math.sqrt(share * (1 - share)), 9)
    expect(pixels).toHaveLength(ROWS * COLUMNS)
    const set = (at: number) => (bits[at >> 5] >>> (at & 31)) & 1
    for (let row = 0; row < ROWS; row++)
      for (let column = 0; column + 1 < COLUMNS; column++)
        expect(set(row * (COLUMNS - 1) + column)).toBe(column % 2 === 0 ? 1 : 0)
    expect(bits).toHaveLength((ROWS * (COLUMNS - 1)) / 32)
  })

  test('by more than compression makes: three grey levels', () => {
    const bits = (step: number) =>
      printOf(picture((_row, column) => 100 - step * column)).bits.reduce((a, b) => a + b)
    expect([bits(2), bits(-3)]).toEqual([0, 0])
    expect(bits(3)).toBeGreaterThan(0)
  })

  test('one colour, nearly, is blank', () => {
    expect(isBlank(printOf(picture(() => 77)))).toBe(true)
    expect(isBlank(printOf(picture((row, column) => (row + column === 0 ? 80 : 77))))).toBe(true)
    expect(isBlank(printOf(picture((_row, column) => 77 + (column % 2) * 2)))).toBe(false)
  })
})

describe('two pictures', () => {
  const [a, b] = [noise(1), noise(2)]

  test('are alike where they are one, brighter or a little changed', () => {
    expect(isNearDuplicate(printOf(a), printOf(a))).toBe(true)
    expect(isNearDuplicate(printOf(a), printOf(a.map(value => value + 40)))).toBe(true)
    expect(isNearDuplicate(printOf(a), printOf(a.map((value, i) => value + (i % 2))))).toBe(true)
    expect(isNearDuplicate(printOf(a), printOf(b))).toBe(false)
    expect(isNearDuplicate(printOf(b), printOf(a))).toBe(false)
  })

  test('differ by grey levels in the mean, brightness apart', () => {
    expect(levelsBetween(printOf(a), printOf(a.map(value => value + 7)))).toBeCloseTo(0, 9)
    // Half of the pixels 8 brighter: each is 4 from the mean of both.
    const half = picture((row, column) => a[row * COLUMNS + column] + ((row * COLUMNS + column) % 2) * 8)
    expect(levelsBetween(printOf(a), printOf(half))).toBeCloseTo(4, 9)
    expect(isNearDuplicate(printOf(a), printOf(half))).toBe(false)
    const less = half.map((value, i) => value - (i % 2) * 3)
    expect(levelsBetween(printOf(less), printOf(a))).toBeCloseTo(2.5, 9)
    expect(isNearDuplicate(printOf(less), printOf(a))).toBe(true)
  })

  test('with more than 24 bits of difference are two', () => {
    // Steep at the left of a row, so that swapping two neighbours turns bits and changes few levels.
    const stripes = (swapped: number) =>
      printOf(
        picture((row, column) => {
          const high = row < swapped ? column % 4 === 2 : column % 4 === 0
          return 100 + (high && column < 4 ? 20 : 0) + (column > 8 ? 30 : 0)
        }),
      )
    const bitsOf = (x: { readonly bits: Uint32Array }, y: { readonly bits: Uint32Array }) =>
      [...x.bits].reduce(
        (sum, own, i) => sum + [...((own ^ y.bits[i]) >>> 0).toString(2)].filter(bit => bit === '1').length,
        0,
      )
    const limit = [...Array(ROWS + 1).keys()].filter(rows => bitsOf(stripes(0), stripes(rows)) <= 24)
    for (const rows of limit) expect(isNearDuplicate(stripes(0), stripes(rows))).toBe(true)
    expect(limit.length).toBeGreaterThan(1)
    expect(limit.length).toBeLessThan(ROWS)
    const over = limit.length
    expect(levelsBetween(stripes(0), stripes(over))).toBeLessThan(3)
    expect(isNearDuplicate(stripes(0), stripes(over))).toBe(false)
  })

  test('that are flat say nothing', () => {
    const flat = printOf(picture((_row, column) => 100 + (column % 2) * 7))
    expect(flat.deviation).toBeLessThan(4)
    expect(isNearDuplicate(flat, flat)).toBe(false)
    expect(isNearDuplicate(flat, printOf(a))).toBe(false)
    const steeper = printOf(picture((_row, column) => 100 + (column % 2) * 9))
    expect(steeper.deviation).toBeGreaterThan(4)
    expect(isNearDuplicate(steeper, steeper)).toBe(true)
  })
})
