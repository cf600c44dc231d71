import { expect, test } from 'vitest'
import { readPng } from '../../src/data/png.ts'
import { encodePng, pngDataUri } from '../../src/data/png-encoder.ts'
import { fc, property } from '../support/property.ts'

test('the smallest white picture, byte for byte as libpng reads it', () => {
  const bytes = encodePng(Uint8Array.of(255), [1, 1, 1])
  expect(bytes.subarray(0, 33).toString('hex')).toBe(
    '89504e470d0a1a0a' + '0000000d' + '49484452' + '00000001' + '00000001' + '0800000000' + '3a7e9b55',
  )
  expect(bytes.subarray(-12).toString('hex')).toBe('00000000' + '49454e44' + 'ae426082')
  expect(pngDataUri(Uint8Array.of(255), [1, 1, 1])).toMatch(/^data:image\/png;base64,iVBORw0KGgo/)
})

property([
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 9 }),
  fc.constantFrom(1, 3),
  fc.nat(),
  fc.integer({ min: 1, max: 300 }),
])('pixels come back, whatever filters suited their rows', (height, width, channels, seed, step) => {
  const pixels = Uint8Array.from({ length: height * width * channels }, (_, i) => (i * step + seed) % 256)
  const png = readPng(encodePng(pixels, [height, width, channels as 1 | 3]))
  expect([png.height, png.width, png.channels]).toEqual([height, width, channels])
  expect(Uint8Array.from(png.samples)).toEqual(pixels)
})

test('a slope takes a fraction of its pixels', () => {
  const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => ((i / 3) % 64) + Math.floor(i / 192))
  expect(encodePng(pixels, [64, 64, 3]).length).toBeLessThan(64 * 64 * 3 * 0.05)
})
