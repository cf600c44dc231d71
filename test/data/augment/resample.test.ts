import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { type FrameTruth, IGNORED } from '../../../src/data/annotation.ts'
import { applyColour, type Colour } from '../../../src/data/augment/colour.ts'
import { IN_PLACE, type Placement, type Region } from '../../../src/data/augment/placement.ts'
import { wholeOf } from '../../../src/data/augment/plan.ts'
import { type ClipShape, drawMask, drawPixels } from '../../../src/data/augment/resample.ts'
import { movedTruth } from '../../../src/data/augment/truth.ts'
import { fc, property } from '../../support/property.ts'

const SHAPE: ClipShape = [2, 9, 11, 3]
const [FRAMES, HEIGHT, WIDTH, CHANNELS] = SHAPE
const LEFT = 7

const bytes = (length: number, seed: number) => {
  const rng = Rng.of(seed, 'bytes')
  return Uint8Array.from({ length }, () => rng.int(256))
}
const axis = (side: number) =>
  fc.record({
    scale: fc.oneof(
      fc.double({ min: 0.3, max: 2.5, noNaN: true }),
      fc.double({ min: -2, max: -0.4, noNaN: true }),
    ),
    offset: fc.double({ min: -side, max: 1.5 * side, noNaN: true }),
  })
const placements = fc.record({ x: axis(WIDTH), y: axis(HEIGHT) })
const regions = fc.tuple(fc.nat(WIDTH), fc.nat(WIDTH), fc.nat(HEIGHT), fc.nat(HEIGHT)).map(
  ([a, b, c, d]): Region => ({
    left: Math.min(a, b),
    right: Math.max(a, b),
    top: Math.min(c, d),
    bottom: Math.max(c, d),
  }),
)

/** Where a pixel's middle lies in the source; undefined outside it. */
function sourceOf({ x, y }: Placement, column: number, row: number): readonly [number, number] | undefined {
  const at = [x.scale * (column + 0.5) + x.offset, y.scale * (row + 0.5) + y.offset] as const
  return at[0] >= 0 && at[0] < WIDTH && at[1] >= 0 && at[1] < HEIGHT ? at : undefined
}
const isWithin = ({ left, top, right, bottom }: Region, column: number, row: number) =>
  column >= left && column < right && row >= top && row < bottom

describe('pixels that a placement shows', () => {
  property([placements, regions, fc.nat(99)])(
    'are bilinear; all others are left',
    (placement, region, seed) => {
      const source = bytes(FRAMES * HEIGHT * WIDTH * CHANNELS, seed)
      const into = new Uint8Array(source.length).fill(LEFT)
      drawPixels(source, into, SHAPE, placement, region)
      const value = (frame: number, row: number, column: number, c: number) => {
        const y = Math.min(HEIGHT - 1, Math.max(0, row))
        const x = Math.min(WIDTH - 1, Math.max(0, column))
        return source[((frame * HEIGHT + y) * WIDTH + x) * CHANNELS + c]
      }
      let worst = 0
      for (let i = 0; i < into.length; i++) {
        const [c, pixel] = [i % CHANNELS, Math.floor(i / CHANNELS)]
        const [column, row, frame] = [
          pixel % WIDTH,
          Math.floor(pixel / WIDTH) % HEIGHT,
          Math.floor(pixel / WIDTH / HEIGHT),
        ]
        const at = isWithin(region, column, row) ? sourceOf(placement, column, row) : undefined
        if (at === undefined) {
          worst = Math.max(worst, Math.abs(into[i] - LEFT))
          continue
        }
        const [x, y] = [Math.floor(at[0] - 0.5), Math.floor(at[1] - 0.5)]
        const [wx, wy] = [at[0] - 0.5 - x, at[1] - 0.5 - y]
        const line = (of: number) => (1 - wx) * value(frame, of, x, c) + wx * value(frame, of, x + 1, c)
        worst = Math.max(worst, Math.abs(into[i] - ((1 - wy) * line(y) + wy * line(y + 1))))
      }
      expect(worst).toBeLessThan(0.8)
    },
  )

  property([placements, regions, fc.nat(99)])('of a mask are the nearest', (placement, region, seed) => {
    const source = bytes(HEIGHT * WIDTH, seed)
    const into = new Uint8Array(source.length).fill(LEFT)
    drawMask(source, into, SHAPE, placement, region)
    const expected = into.map((_, i) => {
      const [column, row] = [i % WIDTH, Math.floor(i / WIDTH)]
      const at = isWithin(region, column, row) ? sourceOf(placement, column, row) : undefined
      return at === undefined ? LEFT : source[Math.floor(at[1]) * WIDTH + Math.floor(at[0])]
    })
    expect(into).toEqual(expected)
  })
})

describe('what is true of what a plan shows', () => {
  const size = { width: WIDTH, height: HEIGHT }
  const tile = { clip: 0, placement: IN_PLACE, region: wholeOf(size) }
  const box = (label: string, x: number, y: number, width: number, height: number, more: object = {}) => ({
    ...{ label, x, y, width, height },
    ...more,
  })
  const moved = (frames: readonly FrameTruth[], plan: object = {}, others: readonly FrameTruth[] = []) =>
    movedTruth({ tiles: [tile], ...plan }, 0, clip => (clip === 0 ? frames : others), SHAPE)
  const labels = (of: readonly FrameTruth[]) => of[0].boxes?.map(({ label }) => label)

  test('boxes, masks and moments where there are any, frame by frame', () => {
    const mask = bytes(HEIGHT * WIDTH, 1)
    const boxes = [box('a', 1, 2, 3, 4)]
    const frames = [{ boxes, mask, moment: 'now' }, { moment: 'then' }, {}]
    expect(moved(frames)).toEqual(frames)
  })

  test('boxes of which a tenth is left, and that are a pixel broad; of crowds any part', () => {
    // A rectangle of noise over the left nine columns.
    const erased = { left: 0, top: 0, right: 9, bottom: HEIGHT }
    const of = (...boxes: ReturnType<typeof box>[]) => labels(moved([{ boxes }], { erased }))
    expect(
      of(box('most', 0, 0, 10, 2), box('less', 0, 0, 9.9, 2), box('crowd', 0, 0, 9, 2, { crowd: true })),
    ).toEqual(['most', 'crowd'])
    const narrow = { ...tile, region: { ...tile.region, right: 5 } }
    const cut = moved([{ boxes: [box('broad', 4, 0, 2, 2), box('thin', 4.1, 0, 2, 2, { crowd: true })] }], {
      tiles: [narrow],
    })
    expect(cut[0].boxes).toEqual([box('broad', 4, 0, 1, 2)])
  })

  test('of several clips boxes are known where all are, masks where any is', () => {
    const [west, east] = [
      { ...tile, region: { ...tile.region, right: 6 } },
      { ...tile, clip: 1, region: { ...tile.region, left: 6 } },
    ]
    const own = {
      boxes: [box('own', 0, 0, 4, 4)],
      mask: new Uint8Array(HEIGHT * WIDTH).fill(1),
      moment: 'now',
    }
    const other = { boxes: [box('other', 7, 1, 3, 3), box('hidden', 0, 0, 3, 3)], moment: 'never' }
    const tiles = [west, east]
    const [both] = moved([own], { tiles }, [other])
    expect(both.boxes?.map(({ label }) => label)).toEqual(['own', 'other'])
    expect(both.moment).toBe('now')
    expect([...(both.mask ?? [])].map((value, i) => value === (i % WIDTH < 6 ? 1 : IGNORED))).not.toContain(
      false,
    )
    expect(moved([own], { tiles }, [{ mask: own.mask }])[0].boxes).toBeUndefined()
    expect(moved([{ boxes: [] }], { tiles }, [{ boxes: [] }])).toEqual([{ boxes: [] }])
    // One that has fewer frames says nothing of the others.
    expect(moved([own, own], { tiles }, [other])[1].boxes).toBeUndefined()
  })

  test('under noise a mask is ignored', () => {
    const mask = new Uint8Array(HEIGHT * WIDTH).fill(3)
    const [{ mask: hidden = [] }] = moved([{ mask }], { erased: { left: 2, top: 3, right: 5, bottom: 7 } })
    const expected = Array.from(mask, (_, i) => {
      const [column, row] = [i % WIDTH, Math.floor(i / WIDTH)]
      return column >= 2 && column < 5 && row >= 3 && row < 7 ? IGNORED : 3
    })
    expect([...hidden]).toEqual(expected)
  })
})

describe('colour, by its formulas', () => {
  const clamp = (value: number) => Math.min(255, Math.max(0, value))
  const LUMA = [0.299, 0.587, 0.114]

  /** torchvision's order, then the hue turned in YIQ. */
  function expected(pixels: Uint8Array, { brightness, contrast, saturation, hue }: Colour): number[] {
    const bright = Array.from(pixels, value => Math.round(clamp(value * brightness)))
    const mean = bright.reduce((sum, value, i) => sum + LUMA[i % 3] * value, 0) / (pixels.length / 3)
    const toned = bright.map(value => Math.round(clamp(mean + (value - mean) * contrast)))
    return Array.from({ length: pixels.length / 3 }, (_, p) => {
      const [r, g, b] = toned.slice(3 * p, 3 * p + 3)
      const y = LUMA[0] * r + LUMA[1] * g + LUMA[2] * b
      const [i, q] = [0.596 * r - 0.274 * g - 0.322 * b, 0.211 * r - 0.523 * g + 0.312 * b]
      const turn = 2 * Math.PI * hue
      const [ti, tq] = [
        saturation * (i * Math.cos(turn) - q * Math.sin(turn)),
        saturation * (i * Math.sin(turn) + q * Math.cos(turn)),
      ]
      return [y + 0.956 * ti + 0.621 * tq, y - 0.272 * ti - 0.647 * tq, y - 1.107 * ti + 1.704 * tq].map(
        clamp,
      )
    }).flat()
  }

  const factor = fc.double({ min: 0.3, max: 1.8, noNaN: true })
  const turns = fc.double({ min: -0.5, max: 0.5, noNaN: true })
  property([factor, factor, factor, turns, fc.nat(99)])(
    'to a grey level',
    (brightness, contrast, saturation, hue, seed) => {
      const pixels = bytes(3 * 40, seed)
      const colour = { brightness, contrast, saturation, hue }
      const own = pixels.slice()
      applyColour(own, 3, colour)
      const apart = expected(pixels, colour).map((value, i) => Math.abs(own[i] - value))
      expect(Math.max(...apart)).toBeLessThan(2)
    },
  )

  test('of part of a larger memory alone; the mean grey of many pixels is of some', () => {
    const whole = bytes(3 * 10, 3)
    const before = whole.slice()
    const piece = whole.subarray(6, 18)
    const alone = piece.slice()
    const colour = { brightness: 1.2, contrast: 0.7, saturation: 0.5, hue: 0.1 }
    applyColour(piece, 3, colour)
    applyColour(alone, 3, colour)
    expect([...piece]).toEqual([...alone])
    expect([...whole.subarray(0, 6), ...whole.subarray(18)]).toEqual([
      ...before.subarray(0, 6),
      ...before.subarray(18),
    ])
    // Every second of 8192 pixels is looked at, and those are 100.
    const many = Uint8Array.from({ length: 8192 }, (_, i) => (i % 2 === 0 ? 100 : 200))
    applyColour(many, 1, { brightness: 1, contrast: 0, saturation: 1, hue: 0 })
    expect(new Set(many)).toEqual(new Set([100]))
  })
})
