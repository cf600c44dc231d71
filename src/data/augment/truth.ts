import { type Box, type FrameTruth, IGNORED, LEAST_SIDE, LEAST_VISIBLE } from '../annotation.ts'
import { cutBox, movedBox, type Region } from './placement.ts'
import type { ClipPlan, Tile } from './plan.ts'
import { type ClipShape, drawMask } from './resample.ts'

/** What is true of each frame of a clip, by tiles of the plan. */
export type TruthOf = (clip: number) => readonly FrameTruth[]

/**
 * What is true of each frame after the plan: boxes moved, cut by the frame, and dropped below `LEAST_VISIBLE`, unless of crowds; masks by
 * the nearest pixel, `IGNORED` where nothing is shown; moments as they were. Boxes of a mosaic are known where those of
 * all its clips are.
 */
export function movedTruth(plan: ClipPlan, own: number, truthOf: TruthOf, shape: ClipShape): FrameTruth[] {
  return truthOf(own).map((frame, t) => {
    const shown = plan.tiles.map(tile => ({ tile, truth: truthOf(tile.clip)[t] ?? {} }))
    const hasBoxes = shown.every(({ truth }) => truth.boxes !== undefined)
    const hasMask = shown.some(({ truth }) => truth.mask !== undefined)
    return {
      ...(frame.moment === undefined ? {} : { moment: frame.moment }),
      ...(hasBoxes && { boxes: shown.flatMap(({ tile, truth }) => movedBoxes(truth, tile, plan.erased)) }),
      ...(hasMask && { mask: movedMask(shown, plan.erased, shape) }),
    }
  })
}

function movedBoxes({ boxes = [] }: FrameTruth, tile: Tile, erased: Region | undefined): readonly Box[] {
  return boxes.flatMap(box => {
    const moved = movedBox(box, tile.placement)
    const seen = cutBox(moved, tile.region)
    const hidden = erased === undefined ? 0 : areaOf(cutBox(seen, erased))
    const visible = (areaOf(seen) - hidden) / areaOf(moved)
    const isThin = Math.min(seen.width, seen.height) < LEAST_SIDE
    const isSeen = !isThin && (box.crowd === true || visible >= LEAST_VISIBLE)
    return isSeen ? [seen] : []
  })
}

function movedMask(
  shown: readonly { readonly tile: Tile; readonly truth: FrameTruth }[],
  erased: Region | undefined,
  shape: ClipShape,
): Uint8Array {
  const [, height, width] = shape
  const mask = new Uint8Array(height * width).fill(IGNORED)
  for (const { tile, truth } of shown)
    if (truth.mask !== undefined) drawMask(truth.mask, mask, shape, tile.placement, tile.region)
  if (erased !== undefined)
    for (let y = erased.top; y < erased.bottom; y++)
      mask.fill(IGNORED, y * width + erased.left, y * width + erased.right)
  return mask
}

function areaOf({ width, height }: Box): number {
  return width * height
}
