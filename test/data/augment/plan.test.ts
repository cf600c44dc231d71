import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { parseAugmentation } from '../../../src/data/augment/config.ts'
import { composed, cutBox, IN_PLACE, movedBox } from '../../../src/data/augment/placement.ts'
import { planClip, wholeOf } from '../../../src/data/augment/plan.ts'

const SIZE = { width: 200, height: 100 }

/** So many draws of what becomes of the second of three clips. */
function drawn(names: readonly string[], count = 400) {
  const rng = Rng.of(7, 'plan')
  return Array.from({ length: count }, () =>
    planClip(parseAugmentation(names), { clip: 1, clips: 3, size: SIZE }, rng),
  )
}
const placements = (names: readonly string[]) => drawn(names).map(({ tiles }) => tiles[0].placement)
const least = (values: readonly number[]) => Math.min(...values)
const most = (values: readonly number[]) => Math.max(...values)

describe('what is drawn', () => {
  test('nothing: the clip itself, whole and in its place', () => {
    const [plan] = drawn([], 1)
    expect(plan.tiles).toEqual([{ clip: 1, placement: IN_PLACE, region: wholeOf(SIZE) }])
    expect([plan.colour, plan.erased]).toEqual([undefined, undefined])
    expect(wholeOf(SIZE)).toEqual({ left: 0, top: 0, right: 200, bottom: 100 })
  })

  test('as often as is said: flips, mosaics, erasing; colours always', () => {
    const share = (of: readonly boolean[]) => of.filter(Boolean).length / of.length
    expect(share(placements(['flip:0.3']).map(({ x }) => x.scale === -1))).toBeCloseTo(0.3, 1)
    expect(share(drawn(['mosaic:0.3']).map(({ tiles }) => tiles.length === 4))).toBeCloseTo(0.3, 1)
    expect(share(drawn(['erasing:0.3']).map(({ erased }) => erased !== undefined))).toBeCloseTo(0.3, 1)
    for (const name of ['colour', 'hue'])
      expect(share(drawn([name]).map(({ colour }) => colour !== undefined))).toBe(1)
    for (const name of ['flip:0', 'mosaic:0', 'erasing:0'])
      expect(drawn([name]).every(({ erased, tiles }) => !erased && tiles[0].placement === IN_PLACE)).toBe(
        true,
      )
    expect(placements(['flip:1'])[0]).toEqual({ x: { scale: -1, offset: 200 }, y: IN_PLACE.y })
  })

  test('a crop: a share of the area, up to a third wider or higher than the frame’s shape, within it', () => {
    const crops = placements(['resized-crop:0.2-0.5'])
    const areas = crops.map(({ x, y }) => x.scale * y.scale)
    expect(least(areas)).toBeGreaterThanOrEqual(0.2 - 1e-9)
    expect(least(areas)).toBeLessThan(0.22)
    expect(most(areas)).toBeLessThanOrEqual(0.5 + 1e-9)
    expect(most(areas)).toBeGreaterThan(0.48)
    const shapes = crops.map(({ x, y }) => x.scale / y.scale)
    expect(least(shapes)).toBeGreaterThanOrEqual(0.75 - 1e-9)
    expect(least(shapes)).toBeLessThan(0.78)
    expect(most(shapes)).toBeLessThanOrEqual(4 / 3 + 1e-9)
    expect(most(shapes)).toBeGreaterThan(1.28)
    expectWithin(crops)
  })

  test('a crop of all is no larger than the frame', () => {
    for (const { x, y } of placements(['resized-crop:1-1'])) {
      expect(most([x.scale, y.scale])).toBe(1)
      expect(x.scale * y.scale).toBeGreaterThanOrEqual(0.75 ** 0.5 - 1e-9)
    }
  })

  test('a zoom: both sides alike, half of the draws below the geometric middle', () => {
    const zooms = placements(['scale:0.5-2'])
    const factors = zooms.map(({ x }) => 1 / x.scale)
    expect(zooms.every(({ x, y }) => x.scale === y.scale)).toBe(true)
    expect([least(factors) >= 0.5, most(factors) <= 2]).toEqual([true, true])
    expect([least(factors) < 0.52, most(factors) > 1.95]).toEqual([true, true])
    expect(factors.filter(factor => factor < 1).length / factors.length).toBeCloseTo(0.5, 1)
    expectWithin(zooms.filter(({ x }) => x.scale <= 1))
    // A smaller one lies within the frame, at any place.
    for (const { x } of zooms.filter(({ x }) => x.scale > 1)) {
      expect(x.offset).toBeLessThanOrEqual(0)
      expect((SIZE.width - x.offset) / x.scale).toBeLessThanOrEqual(SIZE.width + 1e-9)
    }
  })

  test('a rectangle of noise: 2 to 33 % of the area, at most 3.3 times as wide or high as the frame’s shape', () => {
    const regions = drawn(['erasing:1']).flatMap(({ erased }) => erased ?? [])
    expect(regions).toHaveLength(400)
    const shares = regions.map(({ left, top, right, bottom }) => ((right - left) * (bottom - top)) / 20_000)
    const [smallest, largest] = [least(shares), most(shares)]
    expect([smallest > 0.015, smallest < 0.04, largest > 0.3, largest < 0.35]).not.toContain(false)
    const shapes = regions.map(({ left, top, right, bottom }) => (right - left) / 2 / (bottom - top))
    expect([
      least(shapes) > 0.25,
      least(shapes) < 0.36,
      most(shapes) > 2.8,
      most(shapes) < 3.7,
    ]).not.toContain(false)
    for (const [from, to, side] of [
      ['left', 'right', 200],
      ['top', 'bottom', 100],
    ] as const) {
      expect(least(regions.map(region => region[from]))).toBe(0)
      expect(most(regions.map(region => region[to]))).toBe(side)
    }
  })

  test('a mosaic: four clips round a point in the middle of the frame, none over another', () => {
    const middles = drawn(['mosaic:1']).map(({ tiles }) => {
      expect(tiles.map(({ clip }) => clip)).toContain(1)
      const [one, two, three, four] = tiles.map(({ region }) => region)
      expect([one.right, three.right, two.left, four.left]).toEqual(Array(4).fill(one.right))
      expect([one.bottom, two.bottom, three.top, four.top]).toEqual(Array(4).fill(one.bottom))
      for (const { region, placement } of tiles) {
        expect([region.left >= 0, region.top >= 0]).toEqual([true, true])
        expect([region.right <= 200, region.bottom <= 100]).toEqual([true, true])
        // Half to wholly as large as the frame; the point is a corner of the picture.
        expect([placement.x.scale >= 1, placement.x.scale <= 2.02]).toEqual([true, true])
        expect(placement.x.scale).toBeCloseTo(placement.y.scale, 1)
        const corner = placement.x.scale * one.right + placement.x.offset
        expect(Math.min(Math.abs(corner), Math.abs(corner - 200))).toBeLessThan(1e-6)
      }
      return [one.right, one.bottom]
    })
    const across = middles.map(([x]) => x)
    expect([least(across), most(across)]).toEqual([60, 140])
    expect(new Set(drawn(['mosaic:1']).flatMap(({ tiles }) => tiles.map(({ clip }) => clip))).size).toBe(3)
  })

  function expectWithin(crops: readonly (typeof IN_PLACE)[]) {
    for (const [axis, side] of [
      ['x', SIZE.width],
      ['y', SIZE.height],
    ] as const) {
      for (const { [axis]: of } of crops) {
        expect(of.offset).toBeGreaterThanOrEqual(0)
        expect(of.offset + of.scale * side).toBeLessThanOrEqual(side + 1e-9)
      }
      // Anywhere: not always at one end.
      const free = crops.filter(({ [axis]: of }) => of.scale < 0.9)
      const places = free.map(({ [axis]: of }) => of.offset / (side * (1 - of.scale)))
      expect([least(places) < 0.1, most(places) > 0.9]).toEqual([true, true])
    }
  }
})

describe('placements', () => {
  test('one after the other are one', () => {
    const inner = { x: { scale: 2, offset: 3 }, y: { scale: -1, offset: 100 } }
    const outer = { x: { scale: 0.5, offset: 10 }, y: { scale: 4, offset: -5 } }
    expect(composed(outer, inner)).toEqual({ x: { scale: 1, offset: 23 }, y: { scale: -4, offset: 105 } })
    expect(composed(IN_PLACE, inner)).toEqual(inner)
  })

  test('move boxes, turned round where they are flipped', () => {
    const box = { label: 'cat', x: 10, y: 20, width: 30, height: 40, crowd: true }
    const moved = movedBox(box, { x: { scale: -1, offset: 200 }, y: { scale: 2, offset: 10 } })
    expect(moved).toEqual({ label: 'cat', x: 160, y: 5, width: 30, height: 20, crowd: true })
  })

  test('cut boxes at a region', () => {
    const region = { left: 5, top: 6, right: 20, bottom: 30 }
    const cut = (x: number, y: number, width: number, height: number) => {
      const box = cutBox({ label: 'cat', x, y, width, height }, region)
      return [box.x, box.y, box.width, box.height]
    }
    expect(cut(0, 0, 10, 10)).toEqual([5, 6, 5, 4])
    expect(cut(10, 20, 50, 60)).toEqual([10, 20, 10, 10])
    expect(cut(6, 7, 2, 3)).toEqual([6, 7, 2, 3])
    expect(cut(30, 40, 5, 5).slice(2)).toEqual([0, 0])
  })
})
