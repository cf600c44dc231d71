import { crc32, deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { pngSize, readPng } from '../../src/data/png.ts'
import { encodePng, paeth, pngDataUri } from '../../src/data/png-encoder.ts'
import { png } from './annotations/fixtures.ts'

describe('Paeth', () => {
  test.each([
    // Of left, up and corner the nearest to their sum less the corner; of ties left, then up.
    [10, 20, 10, 20],
    [20, 10, 10, 20],
    [10, 20, 20, 10],
    [20, 10, 20, 10],
    [1, 9, 5, 5],
    [9, 1, 5, 5],
    [0, 30, 12, 12],
    [0, 30, 22, 0],
    [30, 0, 22, 0],
    [30, 0, 8, 30],
    [4, 4, 4, 4],
    [0, 100, 60, 60],
    [0, 100, 30, 100],
    [3, 5, 4, 4],
    [2, 4, 1, 4],
    [4, 2, 1, 4],
  ])('of %d, %d and %d is %d', (left, up, corner, expected) => {
    expect(paeth(left, up, corner)).toBe(expected)
    const guess = left + up - corner
    const nearest = Math.min(...[left, up, corner].map(of => Math.abs(guess - of)))
    expect(Math.abs(guess - expected)).toBe(nearest)
  })
})

describe('what was written is read again', () => {
  /** Pictures for which each filter is the best of some row. */
  const pictures: Readonly<Record<string, (x: number, y: number, c: number, rng: Rng) => number>> = {
    noise: (_x, _y, _c, rng) => rng.int(256),
    'one colour': () => 77,
    'rows alike': x => (x * 89) % 256,
    'columns alike': (_x, y) => (y * 89) % 256,
    slope: (x, y, c) => (3 * x + 5 * y + 40 * c) % 256,
    'a slope with noise': (x, y, _c, rng) => Math.min(255, 2 * x + y + rng.int(3)),
    halves: (x, y) => (x + y > 12 ? 250 : (x * y) % 200),
  }

  test.each(Object.entries(pictures))('%s', (_name, of) => {
    for (const channels of [1, 3] as const) {
      const [height, width] = [11, 13]
      const rng = Rng.of(channels, 'png')
      const pixels = Uint8Array.from({ length: height * width * channels }, (_, i) => {
        const at = Math.floor(i / channels)
        return of(at % width, Math.floor(at / width), i % channels, rng)
      })
      const bytes = encodePng(pixels, [height, width, channels])
      expect(pngSize(bytes)).toEqual([height, width])
      const read = readPng(bytes)
      expect(read).toMatchObject({ height, width, channels, palette: undefined })
      expect([...read.samples]).toEqual([...pixels])
    }
  })

  test('as an address too', () => {
    const image = [Uint8Array.of(1, 2), [1, 2, 1]] as const
    expect(pngDataUri(...image)).toBe(`data:image/png;base64,${encodePng(...image).toString('base64')}`)
  })
})

describe('PNG as others write it', () => {
  interface Header {
    readonly width: number
    readonly height: number
    readonly depth: number
    readonly colour: number
    readonly interlaced?: boolean
  }

  function chunk(name: string, data: Uint8Array): Buffer {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    check.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, check])
  }

  /** Lines with their filters; the data in two pieces, as writers may cut it. */
  function built(
    { width, height, depth, colour, interlaced = false }: Header,
    lines: readonly (readonly number[])[],
    more: readonly Buffer[] = [],
  ): Buffer {
    const header = Buffer.alloc(13)
    header.writeUInt32BE(width, 0)
    header.writeUInt32BE(height, 4)
    header.set([depth, colour, 0, 0, Number(interlaced)], 8)
    const data = deflateSync(Buffer.from(lines.flat()))
    const parts = [data.subarray(0, 5), data.subarray(5)]
    return Buffer.concat([
      Buffer.from('89504e470d0a1a0a', 'hex'),
      chunk('IHDR', header),
      ...more,
      ...parts.map(part => chunk('IDAT', part)),
      chunk('IEND', Buffer.alloc(0)),
    ])
  }
  const samplesOf = (bytes: Buffer) => [...readPng(bytes).samples]

  test('each filter, a pixel of two bytes back', () => {
    const grey16 = { width: 2, height: 2, depth: 16, colour: 0 }
    const first = [0, 0x01, 0x02, 0x03, 0x04]
    expect(samplesOf(built(grey16, [first, first]))).toEqual([0x0102, 0x0304, 0x0102, 0x0304])
    const second = (filter: number) => samplesOf(built(grey16, [first, [filter, 1, 1, 1, 250]])).slice(2)
    expect(second(1)).toEqual([0x0101, 0x02fb])
    expect(second(2)).toEqual([0x0203, 0x04fe])
    expect(second(3)).toEqual([0x0102, 0x03fd])
    expect(second(4)).toEqual([0x0203, 0x04fe])
    expect(() => second(5)).toThrow("a line has filter 5, which PNG doesn't have")
  })

  test('few bits: pixels from the left, lines in whole bytes', () => {
    const grey = (depth: number, width: number, line: readonly number[]) =>
      samplesOf(built({ width, height: 1, depth, colour: 0 }, [[0, ...line]]))
    expect(grey(1, 10, [0b10110000, 0b01000000])).toEqual([1, 0, 1, 1, 0, 0, 0, 0, 0, 1])
    expect(grey(2, 5, [0b11100100, 0b10000000])).toEqual([3, 2, 1, 0, 2])
    expect(grey(4, 3, [0xa5, 0xf0])).toEqual([10, 5, 15])
  })

  test('colours without transparency; a palette is kept beside its indices', () => {
    expect(samplesOf(png(2, 1, [1, 2, 3, 99, 4, 5, 6, 99], { colour: 6 }))).toEqual([1, 2, 3, 4, 5, 6])
    expect(samplesOf(png(2, 1, [7, 99, 8, 99], { colour: 4 }))).toEqual([7, 8])
    const { channels, samples, palette } = readPng(
      png(2, 1, [1, 0], { colour: 3, palette: [1, 2, 3, 255, 0, 16] }),
    )
    expect([channels, [...samples], palette]).toEqual([1, [1, 0], [0x010203, 0xff0010]])
    // Suggested to grey ones, where it says nothing.
    const suggested = built(
      { width: 1, height: 1, depth: 8, colour: 0 },
      [[0, 9]],
      [chunk('PLTE', Buffer.alloc(6))],
    )
    expect(readPng(suggested)).toMatchObject({ channels: 1, palette: undefined })
  })

  test('interlaced: seven passes, those that are empty left out', () => {
    // Of 3 by 2 pixels: the first pass holds (0, 0), the fifth none, the sixth and seventh the rest.
    const passes = [
      [0, 1],
      [0, 3],
      [0, 2],
      [0, 4, 5, 6],
    ]
    expect(samplesOf(built({ width: 3, height: 2, depth: 8, colour: 0, interlaced: true }, passes))).toEqual([
      1, 2, 3, 4, 5, 6,
    ])
  })

  test.each<[string, () => Buffer, string]>([
    ['nothing', () => Buffer.alloc(0), 'it is no PNG'],
    ['another file', () => Buffer.alloc(64, 'x'), 'it is no PNG'],
    ['a head alone', () => png(2, 2).subarray(0, 32), 'it is no PNG'],
    ['a header alone', () => png(2, 2).subarray(0, 33), 'it holds no pixels'],
    ['one cut in its pixels', () => png(2, 2).subarray(0, -20), 'it holds no pixels'],
    [
      'seven bits',
      () => built({ width: 1, height: 1, depth: 7, colour: 0 }, [[0, 1]]),
      'its colour type is 0 with 7 bits',
    ],
    [
      'colour type 5',
      () => built({ width: 1, height: 1, depth: 8, colour: 5 }, [[0, 1]]),
      'its colour type is 5 with 8 bits',
    ],
    [
      'too few lines',
      () =>
        built({ width: 1, height: 3, depth: 8, colour: 0 }, [
          [0, 1],
          [0, 1],
        ]),
      'its pixels are cut short',
    ],
    [
      'a claim of much',
      () => built({ width: 2 ** 14, height: 2 ** 13 + 1, depth: 1, colour: 0 }, [[0]]),
      'it claims 16384 × 8193 pixels',
    ],
    [
      'more than it says',
      () =>
        built({ width: 1, height: 1, depth: 8, colour: 0 }, [
          [0, 1],
          [0, 1],
        ]),
      'larger than',
    ],
  ])('%s is refused', (_name, bytes, words) => {
    expect(() => readPng(bytes())).toThrow(words)
  })
})
