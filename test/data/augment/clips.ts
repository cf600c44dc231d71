import type { FrameTruth } from '../../../src/data/annotation.ts'
import type { Region } from '../../../src/data/augment/placement.ts'
import type { ClipShape } from '../../../src/data/augment/resample.ts'
import type { Seen } from '../../../src/data/source.ts'

/** A batch of one colour or pattern a clip, with what is true of its frames. */
export function batchOf(
  clips: readonly { readonly pixels: Uint8Array; readonly truth?: readonly FrameTruth[] }[],
): Seen<Uint8Array> {
  const { length } = clips[0].pixels
  const pixels = new Uint8Array(clips.length * length)
  clips.forEach((clip, i) => {
    pixels.set(clip.pixels, i * length)
  })
  const items = clips.map(({ truth }, i) => ({ id: `${i}`, path: `${i}`, label: 'a', truth }))
  return { pixels, items }
}

export function sizeOf(shape: ClipShape): number {
  return shape.reduce((product, side) => product * side, 1)
}

/** White on black, on every frame. */
export function whiteBox(shape: ClipShape, region: Region): Uint8Array {
  const [frames, height, width, channels] = shape
  const pixels = new Uint8Array(sizeOf(shape))
  for (let frame = 0; frame < frames; frame++)
    for (let y = region.top; y < region.bottom; y++) {
      const row = (frame * height + y) * width
      pixels.fill(255, (row + region.left) * channels, (row + region.right) * channels)
    }
  return pixels
}

/** What is brighter than half, on one frame; undefined where nothing is. */
export function brightPart(pixels: Uint8Array, shape: ClipShape, frame: number): Region | undefined {
  const [, height, width, channels] = shape
  const columns: number[] = []
  const rows: number[] = []
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (pixels[((frame * height + y) * width + x) * channels] < 128) continue
      columns.push(x)
      rows.push(y)
    }
  if (columns.length === 0) return undefined
  return {
    left: Math.min(...columns),
    top: Math.min(...rows),
    right: Math.max(...columns) + 1,
    bottom: Math.max(...rows) + 1,
  }
}

export function histogram(values: Uint8Array): number[] {
  const counts = new Array<number>(256).fill(0)
  for (const value of values) counts[value]++
  return counts
}
