import { COLUMNS, ROWS } from './thumbnails.ts'

/** Bits of two pictures' hashes that may differ, of ROWS · (COLUMNS − 1). */
const MOST_BITS = 24
/** Grey levels by which two pictures' pixels may differ in the mean, brightness apart. */
const MOST_LEVELS = 3
/** Grey levels by which a pixel must be brighter than its neighbour: compression makes less. */
const MARGIN = 2
/** A picture of less deviation is flat: its hash is noise. Grey levels. */
const LEAST_DEVIATION = 4

/** A small grey picture, and which of its pixels are brighter than their right neighbours. */
export interface Print {
  readonly pixels: Uint8Array
  /** 32 bits each. */
  readonly bits: Uint32Array
  /** Grey levels. */
  readonly mean: number
  /** Standard deviation, grey levels. */
  readonly deviation: number
}

/** The difference hash of a thumbnail: it stays the same when a picture is resized, compressed or brightened. */
export function printOf(pixels: Uint8Array): Print {
  const bits = new Uint32Array((ROWS * (COLUMNS - 1)) / 32)
  let at = 0
  for (let row = 0; row < ROWS; row++)
    for (let column = 0; column + 1 < COLUMNS; column++, at++) {
      const pixel = row * COLUMNS + column
      if (pixels[pixel] > pixels[pixel + 1] + MARGIN) bits[at >> 5] |= 1 << (at & 31)
    }
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length
  const variance = pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length
  return { pixels, bits, mean, deviation: Math.sqrt(variance) }
}

/** Whether nothing can be seen in a picture: one colour, nearly. */
export function isBlank({ deviation }: Print): boolean {
  return deviation < 0.5
}

/** Whether two pictures look the same but for how they are stored. */
export function isNearDuplicate(a: Print, b: Print): boolean {
  if (a.deviation < LEAST_DEVIATION || b.deviation < LEAST_DEVIATION) return false
  let different = 0
  for (let i = 0; i < a.bits.length; i++) {
    different += ones(a.bits[i] ^ b.bits[i])
    if (different > MOST_BITS) return false
  }
  return levelsBetween(a, b) <= MOST_LEVELS
}

/** Grey levels by which two pictures' pixels differ in the mean, brightness apart. */
export function levelsBetween(a: Print, b: Print): number {
  let sum = 0
  for (let i = 0; i < a.pixels.length; i++) sum += Math.abs(a.pixels[i] - a.mean - b.pixels[i] + b.mean)
  return sum / a.pixels.length
}

/** Bits that are set. */
function ones(value: number): number {
  const pairs = value - ((value >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
