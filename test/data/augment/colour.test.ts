import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { applyColour, drawColour } from '../../../src/data/augment/colour.ts'

const NONE = { brightness: 1, contrast: 1, saturation: 1, hue: 0 }

function changed(pixels: readonly number[], colour: Partial<typeof NONE>, channels = 3): number[] {
  const own = Uint8Array.from(pixels)
  applyColour(own, channels, { ...NONE, ...colour })
  return [...own]
}

describe('colour', () => {
  const pixels = [200, 100, 50, 10, 20, 30]

  test('brightness is a factor, held within a byte', () => {
    expect(changed(pixels, { brightness: 1.5 })).toEqual([255, 150, 75, 15, 30, 45])
  })

  test('contrast is about the mean grey', () => {
    const grey = (r: number, g: number, b: number) => 0.299 * r + 0.587 * g + 0.114 * b
    const mean = (grey(200, 100, 50) + grey(10, 20, 30)) / 2
    const expected = pixels.map(value => Math.round(Math.max(0, mean + (value - mean) * 0.5)))
    expect(changed(pixels, { contrast: 0.5 })).toEqual(expected)
    expect(changed(pixels, { contrast: 0 })).toEqual(pixels.map(() => Math.round(mean)))
  })

  test('saturation is about the grey of each pixel', () => {
    const grey = 0.299 * 200 + 0.587 * 100 + 0.114 * 50
    const half = changed(pixels, { saturation: 0.5 }).slice(0, 3)
    ;[200, 100, 50].forEach((value, c) => {
      expect(Math.abs(half[c] - (value + grey) / 2)).toBeLessThanOrEqual(1)
    })
    const [r, g, b] = changed(pixels, { saturation: 0 })
    expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThanOrEqual(1)
  })

  test('hue turns colours and leaves greys', () => {
    expect(changed([90, 90, 90], { hue: 0.3 })).toEqual([90, 90, 90])
    const [r, g, b] = changed([120, 40, 40], { hue: 1 / 3 })
    expect(Math.max(g, b)).toBeGreaterThan(r)
    expect(
      changed(changed(pixels, { hue: 0.05 }), { hue: -0.05 }).map((v, i) => Math.abs(v - pixels[i]) <= 2),
    ).not.toContain(false)
  })

  test('grey clips have brightness and contrast alone', () => {
    expect(changed([100, 50], { brightness: 1.1, saturation: 0, hue: 0.5 }, 1)).toEqual([110, 55])
  })

  test('draws are within the strength', () => {
    const rng = Rng.of(1)
    for (let i = 0; i < 200; i++) {
      const { brightness, contrast, saturation, hue } = drawColour({ colour: 0.2, hue: 0.1 }, rng)
      for (const factor of [brightness, contrast, saturation])
        expect(Math.abs(factor - 1)).toBeLessThanOrEqual(0.2)
      expect(Math.abs(hue)).toBeLessThanOrEqual(0.1)
    }
    expect(drawColour({ hue: 0.1 }, rng)).toMatchObject({ brightness: 1, contrast: 1, saturation: 1 })
  })
})
