import type { Rng } from '../../common/random.ts'

/** Factors, 1 of what stays; `hue` in turns. */
export interface Colour {
  readonly brightness: number
  readonly contrast: number
  readonly saturation: number
  readonly hue: number
}

export function drawColour({ colour = 0, hue = 0 }: { colour?: number; hue?: number }, rng: Rng): Colour {
  const factor = () => 1 + colour * (2 * rng.next() - 1)
  return {
    brightness: factor(),
    contrast: factor(),
    saturation: factor(),
    hue: hue * (2 * rng.next() - 1),
  }
}

/** Weights of red, green and blue in what looks bright (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114] as const

/**
 * Changes pixels in place: brightness, contrast about the mean grey, saturation about each pixel's grey, as torchvision's
 * ColorJitter in that order, then hue, turned about the grey axis in YIQ. Grey clips have the first two alone.
 * @param pixels uint8 [..., C] of one clip
 */
export function applyColour(pixels: Uint8Array, channels: number, colour: Colour): void {
  const table = toneTable(pixels, channels, colour)
  if (channels === 3 && (colour.saturation !== 1 || colour.hue !== 0)) mix(pixels, table, mixing(colour))
  else for (let i = 0; i < pixels.length; i++) pixels[i] = table[pixels[i]]
}

/** [256]: brightness, then contrast. */
function toneTable(
  pixels: Uint8Array,
  channels: number,
  { brightness, contrast }: Colour,
): Uint8ClampedArray {
  const bright = new Uint8ClampedArray(256)
  for (let value = 0; value < 256; value++) bright[value] = value * brightness
  const mean = meanGrey(pixels, channels, bright)
  return Uint8ClampedArray.from(bright, value => mean + (value - mean) * contrast)
}

/** Of 4,096 pixels, evenly spread, where there are more. */
function meanGrey(pixels: Uint8Array, channels: number, table: Uint8ClampedArray): number {
  const weights = channels === 3 ? LUMA : new Array<number>(channels).fill(1 / channels)
  const step = channels * Math.max(1, Math.floor(pixels.length / channels / 4096))
  const count = Math.ceil(pixels.length / step)
  return weights.reduce((mean, weight, c) => {
    let sum = 0
    for (let i = c; i < pixels.length; i += step) sum += table[pixels[i]]
    return mean + (weight * sum) / count
  }, 0)
}

/** In fixed point. */
const ONE = 1 << 16

/** [3 · 3] in fixed point, from red, green, blue to red, green, blue. */
function mixing({ saturation, hue }: Colour): Int32Array {
  const cos = saturation * Math.cos(2 * Math.PI * hue)
  const sin = saturation * Math.sin(2 * Math.PI * hue)
  const columns = [0, 1, 2].map(c => {
    const [r, g, b] = [0, 1, 2].map(i => (i === c ? 1 : 0))
    const luma = LUMA[c]
    const i = 0.596 * r - 0.274 * g - 0.322 * b
    const q = 0.211 * r - 0.523 * g + 0.312 * b
    const [turnedI, turnedQ] = [i * cos - q * sin, i * sin + q * cos]
    return [
      luma + 0.956 * turnedI + 0.621 * turnedQ,
      luma - 0.272 * turnedI - 0.647 * turnedQ,
      luma - 1.107 * turnedI + 1.704 * turnedQ,
    ]
  })
  return Int32Array.from([0, 1, 2].flatMap(row => columns.map(column => Math.round(ONE * column[row]))))
}

function mix(pixels: Uint8Array, table: Uint8ClampedArray, m: Int32Array): void {
  const held = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length)
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = m
  const half = ONE >> 1
  for (let i = 0; i < held.length; i += 3) {
    const r = table[held[i]]
    const g = table[held[i + 1]]
    const b = table[held[i + 2]]
    held[i] = (rr * r + rg * g + rb * b + half) >> 16
    held[i + 1] = (gr * r + gg * g + gb * b + half) >> 16
    held[i + 2] = (br * r + bg * g + bb * b + half) >> 16
  }
}
