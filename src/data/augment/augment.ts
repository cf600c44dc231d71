import { sizeOf } from '../../common/arrays.ts'
import type { Rng } from '../../common/random.ts'
import type { Seen } from '../source.ts'
import { applyColour } from './colour.ts'
import type { Augmentation } from './config.ts'
import { IN_PLACE, type Region } from './placement.ts'
import { type ClipPlan, planClip, type Tile } from './plan.ts'
import { type ClipShape, drawPixels, GREY } from './resample.ts'
import { movedTruth } from './truth.ts'

/**
 * A batch changed at random: a draw a clip, the same over its frames, and what is true of them moved along. Frames are
 * chosen before, by whoever reads the pixels.
 */
export function augment(
  { pixels, items }: Seen<Uint8Array>,
  shape: ClipShape,
  augmentation: Augmentation,
  rng: Rng,
): Seen<Uint8Array> {
  const [, height, width] = shape
  const length = sizeOf(shape)
  const plans = items.map((_, clip) =>
    planClip(augmentation, { clip, clips: items.length, size: { width, height } }, rng),
  )
  const result = new Uint8Array(pixels.length)
  const clipOf = (of: Uint8Array, clip: number) => of.subarray(clip * length, (clip + 1) * length)
  plans.forEach((plan, clip) => {
    drawClip(plan, source => clipOf(pixels, source), clipOf(result, clip), shape)
    if (plan.erased !== undefined) erase(clipOf(result, clip), shape, plan.erased, rng)
  })
  return {
    pixels: result,
    items: items.map((item, clip) => {
      if (item.truth === undefined) return item
      const truthOf = (source: number) => items[source].truth ?? []
      return { ...item, truth: movedTruth(plans[clip], clip, truthOf, shape) }
    }),
  }
}

function drawClip(
  { tiles, colour }: ClipPlan,
  sourceOf: (clip: number) => Uint8Array,
  into: Uint8Array,
  shape: ClipShape,
): void {
  if (tiles.length === 1 && isInPlace(tiles[0])) into.set(sourceOf(tiles[0].clip))
  else {
    if (!coversFrame(tiles, shape)) into.fill(GREY)
    for (const { clip, placement, region } of tiles)
      drawPixels(sourceOf(clip), into, shape, placement, region)
  }
  if (colour !== undefined) applyColour(into, shape[3], colour)
}

function isInPlace({ placement: { x, y } }: Tile): boolean {
  return [x, y].every(({ scale, offset }) => scale === IN_PLACE.x.scale && offset === IN_PLACE.x.offset)
}

/** Whether one tile's pixels fill the frame; four of them seldom do. */
function coversFrame(tiles: readonly Tile[], [, height, width]: ClipShape): boolean {
  const isWithin = (tile: Tile, key: 'x' | 'y', side: number) => {
    const { scale, offset } = tile.placement[key]
    return [offset, scale * side + offset].every(end => end >= 0 && end <= side)
  }
  return tiles.length === 1 && isWithin(tiles[0], 'x', width) && isWithin(tiles[0], 'y', height)
}

/** Noise, the same on every frame (Numerical Recipes' generator: a draw of the stream a pixel would cost too much). */
function erase(pixels: Uint8Array, [frames, height, width, channels]: ClipShape, region: Region, rng: Rng) {
  const row = (region.right - region.left) * channels
  const noise = new Uint8Array(row * (region.bottom - region.top))
  let state = rng.int(2 ** 32)
  for (let i = 0; i < noise.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    noise[i] = state >>> 24
  }
  for (let frame = 0; frame < frames; frame++)
    for (let y = region.top; y < region.bottom; y++) {
      const at = ((frame * height + y) * width + region.left) * channels
      const from = (y - region.top) * row
      pixels.set(noise.subarray(from, from + row), at)
    }
}
