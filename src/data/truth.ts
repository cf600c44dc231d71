import {
  type Annotation,
  type Box,
  type ClassMask,
  type FrameBoxes,
  type FrameTruth,
  IGNORED,
  LEAST_SIDE,
  LEAST_VISIBLE,
} from './annotation.ts'
import { readMask } from './annotations/masks.ts'
import type { Fit } from './decode-options.ts'
import { cutOff, type Geometry, geometryOf, resample, type Size, toInput } from './geometry.ts'

/** What frames of a network's input are like. */
export interface InputFrames {
  readonly size: Size
  readonly fit: Fit
  /** Frames a second that clips are decoded at. */
  readonly frameRate: number
}

/** Of masks at the input's size. Bytes. */
const CACHE_BYTES = 256 * 2 ** 20

/**
 * What is true of single frames of the input.
 * @param cacheBytes for masks, which are read once as long as they fit
 */
export class Truths {
  private readonly masks = new Map<string, Uint8Array>()
  private bytes = 0

  constructor(
    private readonly input: InputFrames,
    private readonly cacheBytes = CACHE_BYTES,
  ) {}

  /** @param times of the frames, seconds from the start of the file */
  of(annotation: Annotation, times: readonly number[]): readonly FrameTruth[] {
    const { size, fit, frameRate } = this.input
    const geometry = geometryOf(annotation.size, size, fit)
    const mask = annotation.mask && this.maskOf(annotation.mask, geometry)
    return times.map(time => {
      const found = framesAt(annotation, time, 1 / frameRate)
      return {
        ...(found && { boxes: found.boxes.flatMap(box => moved(box, geometry) ?? []) }),
        ...(mask && { mask }),
        ...momentAt(annotation, time),
      }
    })
  }

  private maskOf(mask: ClassMask, geometry: Geometry): Uint8Array {
    const known = this.masks.get(mask.path)
    if (known !== undefined) return known
    const plane = resample(readMask(mask), geometry, IGNORED)
    for (const [path, { length }] of this.masks) {
      if (this.bytes + plane.length <= this.cacheBytes) break
      this.masks.delete(path)
      this.bytes -= length
    }
    this.masks.set(mask.path, plane)
    this.bytes += plane.length
    return plane
  }
}

/**
 * A box in the input's frame, cut off where it reaches out; undefined where less than a tenth of its area or less than a
 * pixel's breadth is left.
 */
export function moved(box: Box, geometry: Geometry): Box | undefined {
  const whole = toInput(box, geometry)
  const part = cutOff(whole, geometry.input)
  if (part === undefined || Math.min(part.width, part.height) < LEAST_SIDE) return undefined
  return part.width * part.height < LEAST_VISIBLE * whole.width * whole.height ? undefined : part
}

/**
 * Boxes of the frame nearest in time; of a sparse clip undefined where none was looked at within half an interval.
 * @param interval between frames of the input, seconds
 */
function framesAt({ boxes, sparse }: Annotation, time: number, interval: number): FrameBoxes | undefined {
  if (boxes === undefined || boxes.length === 0) return undefined
  // Times are rounded, and a tie must not turn on that: as in `decodeVideo`, the earlier one is shown.
  const slack = 0.001 * interval
  const found = boxes[nearestIndex(boxes, time - slack)]
  return sparse && Math.abs(found.time - time) > interval / 2 + slack ? undefined : found
}

function nearestIndex(frames: readonly FrameBoxes[], time: number): number {
  let low = 0
  let high = frames.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((frames[middle].time + frames[middle + 1].time) / 2 < time) low = middle + 1
    else high = middle
  }
  return low
}

function momentAt({ segments }: Annotation, time: number): Pick<FrameTruth, 'moment'> {
  const segment = segments?.find(({ start, end }) => start <= time + 1e-6 && time + 1e-6 < end)
  return segment === undefined ? {} : { moment: segment.label }
}
