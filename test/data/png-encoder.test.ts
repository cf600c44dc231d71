import { inflateSync } from 'node:zlib'
import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { encodePng, pngDataUri } from '../../src/data/png-encoder.ts'

test('the smallest white picture, byte for byte as libpng reads it', () => {
  const bytes = encodePng(Uint8Array.of(255), [1, 1, 1])
  expect(bytes.subarray(0, 33).toString('hex')).toBe(
    '89504e470d0a1a0a' + '0000000d' + '49484452' + '00000001' + '00000001' + '0800000000' + '3a7e9b55',
  )
  expect(bytes.subarray(-12).toString('hex')).toBe('00000000' + '49454e44' + 'ae426082')
  expect(pngDataUri(Uint8Array.of(255), [1, 1, 1])).toMatch(/^data:image\/png;base64,iVBORw0KGgo/)
})

property.prop([
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 9 }),
  fc.constantFrom(1, 3),
  fc.nat(),
])('pixels come back, row by row', (height, width, channels, seed) => {
  const pixels = Uint8Array.from({ length: height * width * channels }, (_, i) => (i * 37 + seed) % 256)
  const chunks = chunksOf(encodePng(pixels, [height, width, channels as 1 | 3]))
  expect(chunks.map(({ type }) => type)).toEqual(['IHDR', 'IDAT', 'IEND'])
  const raw = inflateSync(chunks[1].data)
  const row = width * channels
  const rows = Array.from({ length: height }, (_, y) => raw.subarray(y * (row + 1), (y + 1) * (row + 1)))
  expect(rows.map(([filter]) => filter)).toEqual(rows.map(() => 0))
  expect(Buffer.concat(rows.map(bytes => bytes.subarray(1))).equals(pixels)).toBe(true)
})

function chunksOf(png: Buffer) {
  const chunks: { type: string; data: Buffer }[] = []
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    chunks.push({ type, data: png.subarray(at + 8, at + 8 + length) })
    at += 12 + length
  }
  return chunks
}
