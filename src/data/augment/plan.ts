import type { Rng } from '../../common/random.ts'
import { type Colour, drawColour } from './colour.ts'
import type { Augmentation, Range } from './config.ts'
import { composed, IN_PLACE, type Placement, type Region } from './placement.ts'

/** What becomes of one clip of a batch; the same for all its frames. */
export interface ClipPlan {
  /** One, or four of a mosaic; they cover the frame, but for what stays grey, and none another. */
  readonly tiles: readonly Tile[]
  readonly colour?: Colour
  readonly erased?: Region
}

/** A clip of the batch, drawn into a part of the frame. */
export interface Tile {
  readonly clip: number
  readonly placement: Placement
  readonly region: Region
}

/** Pixels. */
export interface FrameSize {
  readonly width: number
  readonly height: number
}

/** Draws what becomes of clip `clip` out of `clips`. */
export function planClip(
  augmentation: Augmentation,
  { clip, clips, size }: { readonly clip: number; readonly clips: number; readonly size: FrameSize },
  rng: Rng,
): ClipPlan {
  const { mosaic, colour, hue, erasing } = augmentation
  const isMosaic = mosaic !== undefined && rng.next() < mosaic
  return {
    tiles: isMosaic
      ? mosaicTiles([clip, rng.int(clips), rng.int(clips), rng.int(clips)], augmentation, size, rng)
      : [{ clip, placement: drawPlacement(augmentation, size, rng), region: wholeOf(size) }],
    colour: colour === undefined && hue === undefined ? undefined : drawColour({ colour, hue }, rng),
    erased: erasing !== undefined && rng.next() < erasing ? drawErased(size, rng) : undefined,
  }
}

export function wholeOf({ width, height }: FrameSize): Region {
  return { left: 0, top: 0, right: width, bottom: height }
}

/** The source is flipped, then zoomed, then cropped. */
function drawPlacement({ flip, scale, resizedCrop }: Augmentation, size: FrameSize, rng: Rng): Placement {
  let placement = IN_PLACE
  if (flip !== undefined && rng.next() < flip)
    placement = { ...IN_PLACE, x: { scale: -1, offset: size.width } }
  if (scale !== undefined) placement = composed(drawZoom(scale, size, rng), placement)
  if (resizedCrop !== undefined) placement = composed(drawCrop(resizedCrop, size, rng), placement)
  return placement
}

/** Log-uniform zoom, anywhere: a larger picture covers the frame, a smaller one lies within it. */
function drawZoom([least, most]: Range, { width, height }: FrameSize, rng: Rng): Placement {
  const scale = 1 / (least * (most / least) ** rng.next())
  return {
    x: { scale, offset: rng.next() * width * (1 - scale) },
    y: { scale, offset: rng.next() * height * (1 - scale) },
  }
}

/** A share of the area, of 3/4 to 4/3 of the frame's shape (Szegedy et al. 2015), anywhere within the frame. */
function drawCrop([least, most]: Range, { width, height }: FrameSize, rng: Rng): Placement {
  const share = least + (most - least) * rng.next()
  const stretch = (3 / 4) * (16 / 9) ** rng.next()
  const x = Math.min(1, Math.sqrt(share * stretch))
  const y = Math.min(1, Math.sqrt(share / stretch))
  return {
    x: { scale: x, offset: rng.next() * width * (1 - x) },
    y: { scale: y, offset: rng.next() * height * (1 - y) },
  }
}

/**
 * Four clips round a point within the middle of the frame (Bochkovskiy et al. 2020), each half to wholly as large as the
 * frame, its inner corner at that point; what it doesn't reach stays grey.
 */
function mosaicTiles(
  clips: readonly number[],
  augmentation: Augmentation,
  size: FrameSize,
  rng: Rng,
): readonly Tile[] {
  const { width, height } = size
  const middle = (side: number) => Math.round(side * (0.3 + 0.4 * rng.next()))
  const [x, y] = [middle(width), middle(height)]
  return rng.shuffle(clips).map((clip, i) => {
    const zoom = 0.5 + 0.5 * rng.next()
    const across = tileAlong(width, x, Math.round(width * zoom), i % 2 === 0)
    const down = tileAlong(height, y, Math.round(height * zoom), i < 2)
    const placement = composed({ x: across.axis, y: down.axis }, drawPlacement(augmentation, size, rng))
    const region = { left: across.from, right: across.to, top: down.from, bottom: down.to }
    return { clip, placement, region }
  })
}

function tileAlong(side: number, middle: number, length: number, before: boolean) {
  const start = before ? middle - length : middle
  return {
    axis: { scale: side / length, offset: (-start * side) / length },
    from: before ? Math.max(0, start) : middle,
    to: before ? middle : Math.min(side, start + length),
  }
}

/** 2 to 33 % of the area, of 0.3 to 3.3 times the frame's shape (Zhong et al. 2020). */
function drawErased({ width, height }: FrameSize, rng: Rng): Region {
  const share = 0.02 + 0.31 * rng.next()
  const stretch = 0.3 * 11 ** rng.next()
  const along = (side: number, of: number) => Math.max(1, Math.round(side * Math.min(1, Math.sqrt(of))))
  const across = along(width, share * stretch)
  const down = along(height, share / stretch)
  const left = rng.int(width - across + 1)
  const top = rng.int(height - down + 1)
  return { left, top, right: left + across, bottom: top + down }
}
