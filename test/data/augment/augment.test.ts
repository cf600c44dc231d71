import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { type Box, IGNORED } from '../../../src/data/annotation.ts'
import { augment } from '../../../src/data/augment/augment.ts'
import { parseAugmentation } from '../../../src/data/augment/config.ts'
import { movedBox, type Placement } from '../../../src/data/augment/placement.ts'
import { planClip } from '../../../src/data/augment/plan.ts'
import type { ClipShape } from '../../../src/data/augment/resample.ts'
import type { Seen } from '../../../src/data/source.ts'
import { fc, property } from '../../support/property.ts'
import { batchOf, brightPart, histogram, sizeOf, whiteBox } from './clips.ts'

const SHAPE: ClipShape = [2, 48, 64, 3]
const [FRAMES, HEIGHT, WIDTH] = SHAPE

const seeds = fc.nat(1e6)
const names = fc.subarray(['flip', 'resized-crop:0.2-1', 'scale:0.4-2'], { minLength: 1 })
const regions = fc
  .record({
    left: fc.nat(48),
    top: fc.nat(36),
    width: fc.integer({ min: 6, max: 40 }),
    height: fc.integer({ min: 6, max: 30 }),
  })
  .map(({ left, top, width, height }) => ({
    left,
    top,
    right: Math.min(WIDTH, left + width),
    bottom: Math.min(HEIGHT, top + height),
  }))

const boxOf = ({
  left,
  top,
  right,
  bottom,
}: {
  left: number
  top: number
  right: number
  bottom: number
}): Box => ({
  label: 'thing',
  x: left,
  y: top,
  width: right - left,
  height: bottom - top,
})

describe('boxes', () => {
  property([names, seeds, regions])('lie where the pixels went, to a pixel', (list, seed, region) => {
    const truth = Array.from({ length: FRAMES }, () => ({ boxes: [boxOf(region)] }))
    const batch = batchOf([{ pixels: whiteBox(SHAPE, region), truth }])
    const { pixels, items } = augment(batch, SHAPE, parseAugmentation(list), Rng.of(seed))
    for (let frame = 0; frame < FRAMES; frame++)
      expectSame(pixels, frame, items[0].truth?.[frame].boxes ?? [])
  })

  property([seeds, regions])('in a mosaic too', (seed, region) => {
    const clips = [0, 1, 2, 3, 4, 5].map(i => ({
      pixels: i === 0 ? whiteBox(SHAPE, region) : new Uint8Array(sizeOf(SHAPE)),
      truth: Array.from({ length: FRAMES }, () => ({ boxes: i === 0 ? [boxOf(region)] : [] })),
    }))
    const augmentation = parseAugmentation(['mosaic:1', 'flip', 'scale:0.8-1.5'])
    const result = augment(batchOf(clips), SHAPE, augmentation, Rng.of(seed))
    const rng = Rng.of(seed)
    const size = { width: WIDTH, height: HEIGHT }
    result.items.forEach(({ truth }, clip) => {
      const { tiles } = planClip(augmentation, { clip, clips: clips.length, size }, rng)
      if (tiles.filter(tile => tile.clip === 0).length !== 1) return
      expectSame(clipOf(result, clip), 0, truth?.[0].boxes ?? [])
    })
  })

  property([names, seeds, regions])('come back under the inverse: IoU ≥ 0.99', (list, seed, region) => {
    const size = { width: WIDTH, height: HEIGHT }
    const { tiles } = planClip(parseAugmentation(list), { clip: 0, clips: 1, size }, Rng.of(seed))
    const back = movedBox(movedBox(boxOf(region), tiles[0].placement), inverse(tiles[0].placement))
    expect(iou(back, boxOf(region))).toBeGreaterThan(0.99)
  })

  test('of which less than a tenth is left are dropped, the others cut', () => {
    const boxes = Array.from({ length: 64 }, (_, x) => ({
      label: 'thing',
      x: x - 20,
      y: 10,
      width: 20,
      height: 20,
    }))
    const batch = batchOf([{ pixels: new Uint8Array(sizeOf(SHAPE)), truth: [{ boxes }, {}] }])
    for (let seed = 0; seed < 20; seed++) {
      const { items } = augment(batch, SHAPE, parseAugmentation(['scale:2-2']), Rng.of(seed))
      const [first, second] = items[0].truth ?? []
      expect(second).toEqual({})
      for (const { x, y, width, height } of first.boxes ?? []) {
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0)
        expect(x + width).toBeLessThanOrEqual(WIDTH)
        expect(y + height).toBeLessThanOrEqual(HEIGHT)
        expect(width * height).toBeGreaterThanOrEqual(0.1 * 40 * 40)
      }
      expect(first.boxes?.length).toBeLessThan(64)
      const crowds = batchOf([
        { pixels: batch.pixels, truth: [{ boxes: boxes.map(box => ({ ...box, crowd: true })) }] },
      ])
      const kept = augment(crowds, SHAPE, parseAugmentation(['scale:2-2']), Rng.of(seed)).items[0].truth?.[0]
      expect(kept?.boxes?.length).toBeGreaterThan(first.boxes?.length as number)
    }
  })

  test('hidden by an erased rectangle are dropped too', () => {
    const boxes = Array.from({ length: 8 * 6 }, (_, i) => ({
      label: `${i}`,
      x: (i % 8) * 8,
      y: Math.floor(i / 8) * 8,
      width: 8,
      height: 8,
    }))
    const black = new Uint8Array(sizeOf(SHAPE))
    const batch = batchOf([{ pixels: black, truth: [{ boxes }, { boxes }] }])
    for (let seed = 0; seed < 20; seed++) {
      const { pixels, items } = augment(batch, SHAPE, parseAugmentation(['erasing:1']), Rng.of(seed))
      const left = new Set(items[0].truth?.[0].boxes?.map(({ label }) => label))
      for (const box of boxes) expect(left.has(box.label)).toBe(shareOfBlack(pixels, box) >= 0.1)
    }
  })
})

describe('masks', () => {
  const mask = Uint8Array.from({ length: HEIGHT * WIDTH }, (_, i) => (i % 7 === 0 ? IGNORED : i % 5))
  const pixels = Uint8Array.from({ length: sizeOf(SHAPE) }, (_, i) => mask[Math.floor(i / 3) % mask.length])
  const batch = batchOf([{ pixels, truth: [{ mask }, { mask, moment: 'now' }] }])

  test('keep their histogram under flips, and two flips are none', () => {
    const flip = parseAugmentation(['flip:1'])
    const once = augment(batch, SHAPE, flip, Rng.of(1))
    const flipped = once.items[0].truth?.[1].mask as Uint8Array
    expect(histogram(flipped)).toEqual(histogram(mask))
    expect(flipped).not.toEqual(mask)
    const twice = augment(once, SHAPE, flip, Rng.of(2))
    expect(Buffer.compare(twice.pixels, batch.pixels)).toBe(0)
    expect(Buffer.compare(twice.items[0].truth?.[0].mask as Uint8Array, mask)).toBe(0)
  })

  property([seeds])('lie where the pixels went; what nothing covers is ignored', seed => {
    const blocks = Uint8Array.from({ length: HEIGHT * WIDTH }, (_, i) => (i % WIDTH < WIDTH / 2 ? 0 : 1))
    const shown = Uint8Array.from(
      { length: sizeOf(SHAPE) },
      (_, i) => 255 * blocks[Math.floor(i / 3) % blocks.length],
    )
    const given = batchOf([{ pixels: shown, truth: [{ mask: blocks }, { mask: blocks }] }])
    const result = augment(given, SHAPE, parseAugmentation(['flip', 'scale:0.4-2']), Rng.of(seed))
    const moved = result.items[0].truth?.[0].mask as Uint8Array
    const wrong = moved.filter((is, i) => {
      const value = result.pixels[3 * i]
      return is === IGNORED ? value !== 114 : Math.abs(value - 255 * is) > 128
    })
    expect(wrong).toHaveLength(0)
  })

  test('of a mosaic are of all its clips, ignored where nothing is said', () => {
    const clips = [0, 1, 2, 3].map(i => ({
      pixels: new Uint8Array(sizeOf(SHAPE)).fill(10 * (i + 1)),
      truth: [0, 1].map(() => (i === 3 ? {} : { mask: new Uint8Array(HEIGHT * WIDTH).fill(i) })),
    }))
    const result = augment(batchOf(clips), SHAPE, parseAugmentation(['mosaic:1']), Rng.of(3))
    result.items.forEach(({ truth }, clip) => {
      const own = truth?.[1].mask as Uint8Array
      const wrong = own.filter((value, i) => {
        const shown = clipOf(result, clip)[HEIGHT * WIDTH * 3 + 3 * i]
        return value !== (shown === 114 || shown === 40 ? IGNORED : shown / 10 - 1)
      })
      expect(wrong).toHaveLength(0)
    })
  })

  test('moments stay as they were', () => {
    const all = parseAugmentation(['flip:1', 'scale', 'colour', 'erasing:1', 'mosaic:1'])
    const { items } = augment(batch, SHAPE, all, Rng.of(1))
    expect(items[0].truth?.map(({ moment }) => moment)).toEqual([undefined, 'now'])
  })
})

describe('pixels', () => {
  const noise = Uint8Array.from({ length: 3 * sizeOf(SHAPE) }, (_, i) => (i * 7919) % 251)
  const batch = batchOf(
    [0, 1, 2].map(i => ({ pixels: noise.subarray(i * sizeOf(SHAPE), (i + 1) * sizeOf(SHAPE)) })),
  )
  const all = parseAugmentation(['flip', 'scale', 'resized-crop', 'colour', 'hue', 'erasing', 'mosaic'])

  property([seeds])('the same draws give the same clips; the batch itself stays', seed => {
    const before = batch.pixels.slice()
    const once = augment(batch, SHAPE, all, Rng.of(seed))
    const again = augment(batch, SHAPE, all, Rng.of(seed))
    const other = augment(batch, SHAPE, all, Rng.of(seed + 1))
    expect(Buffer.compare(again.pixels, once.pixels)).toBe(0)
    expect(Buffer.compare(other.pixels, once.pixels)).not.toBe(0)
    expect(Buffer.compare(batch.pixels, before)).toBe(0)
    expect(again.items).toEqual(once.items)
  })

  property([seeds])('frames that are alike stay alike', seed => {
    const frame = noise.subarray(0, sizeOf(SHAPE) / FRAMES)
    const still = new Uint8Array(sizeOf(SHAPE))
    still.set(frame)
    still.set(frame, frame.length)
    const { pixels } = augment(batchOf([{ pixels: still }]), SHAPE, all, Rng.of(seed))
    expect(Buffer.compare(pixels.subarray(0, frame.length), pixels.subarray(frame.length))).toBe(0)
  })

  test('nothing named, nothing changed', () => {
    const { pixels, items } = augment(batch, SHAPE, {}, Rng.of(1))
    expect(Buffer.compare(pixels, batch.pixels)).toBe(0)
    expect(items).toEqual(batch.items)
  })

  test('resizing is bilinear, places half a pixel in', () => {
    const ramp: ClipShape = [1, 1, 8, 1]
    const clip = batchOf([{ pixels: Uint8Array.of(0, 20, 40, 60, 80, 100, 120, 140) }])
    const { pixels } = augment(clip, ramp, parseAugmentation(['scale:2-2']), Rng.of(5))
    const steps = [...pixels].slice(1).map((value, i) => value - pixels[i])
    expect(Math.max(...steps)).toBeLessThanOrEqual(11)
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0)
  })
})

function clipOf({ pixels }: Seen<Uint8Array>, clip: number): Uint8Array {
  return pixels.subarray(clip * sizeOf(SHAPE), (clip + 1) * sizeOf(SHAPE))
}

/** The bright part of the frame is the box, each edge to a pixel; of a box that was dropped little is left. */
function expectSame(pixels: Uint8Array, frame: number, boxes: readonly Box[]): void {
  const seen = brightPart(pixels, SHAPE, frame)
  if (boxes.length === 0) {
    expect(seen === undefined || boxOf(seen).width * boxOf(seen).height < 0.2 * WIDTH * HEIGHT).toBe(true)
    return
  }
  const [{ x, y, width, height }] = boxes
  const edges = [x, y, x + width, y + height]
  const { left, top, right, bottom } = seen ?? { left: -9, top: -9, right: -9, bottom: -9 }
  ;[left, top, right, bottom].forEach((edge, i) => {
    expect(Math.abs(edge - edges[i])).toBeLessThanOrEqual(1)
  })
}

function inverse({ x, y }: Placement): Placement {
  const along = ({ scale, offset }: Placement['x']) => ({ scale: 1 / scale, offset: -offset / scale })
  return { x: along(x), y: along(y) }
}

function iou(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  const shared = Math.max(0, width) * Math.max(0, height)
  return shared / (a.width * a.height + b.width * b.height - shared)
}

/** Of a black clip; noise is seldom black on three channels. */
function shareOfBlack(pixels: Uint8Array, { x, y, width, height }: Box): number {
  let black = 0
  for (let row = y; row < y + height; row++)
    for (let column = x; column < x + width; column++) {
      const at = 3 * (row * WIDTH + column)
      if (pixels[at] + pixels[at + 1] + pixels[at + 2] === 0) black++
    }
  return black / (width * height)
}
