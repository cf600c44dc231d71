import { inputError } from '../../common/error.ts'
import type { Env, Space } from '../env.ts'
import { Box, type Dtype, type NumbersOf } from '../spaces.ts'
import { boxOf } from './box-of.ts'
import { TransformObservation } from './transform-observation.ts'

type Numbers = NumbersOf[Dtype]

/** Of red, green and blue, as Gymnasium has them. */
const LUMINANCE = [0.2125, 0.7154, 0.0721] as const

/** Pictures [H, W, 3] in 0..255 as whole shades of grey, [H, W]: of the same dtype: as Gymnasium's GrayscaleObservation. */
export class GrayscaleObservation<A, N extends Numbers = Float32Array> extends TransformObservation<N, A> {
  /** @throws input error unless observations are pictures of three channels */
  constructor(env: Env<N, A>) {
    const [height, width, channels] = pictureOf(env, 'GrayscaleObservation')
    if (channels !== 3)
      throw inputError(
        'env.picture',
        `${env.spec.id} has pictures of ${channels} channels: grey is made of three`,
      )
    const space = new Box(0, 255, [height, width], boxOf(env, 'GrayscaleObservation').dtype)
    super(env, rgb => greyOf(rgb, space.array() as N), space as unknown as Space<N>)
  }
}

/** @param grey written to */
function greyOf<N extends Numbers>(rgb: N, grey: N): N {
  for (let i = 0; i < grey.length; i++) {
    const [red, green, blue] = LUMINANCE
    grey[i] = Math.floor(red * rgb[3 * i] + green * rgb[3 * i + 1] + blue * rgb[3 * i + 2])
  }
  return grey
}

/**
 * Pictures [H, W] or [H, W, C] in 0..255 made smaller, each place the mean of what it covers, rounded: as Gymnasium's
 * ResizeObservation (OpenCV's INTER_AREA).
 */
export class ResizeObservation<A, N extends Numbers = Float32Array> extends TransformObservation<N, A> {
  /**
   * @param size [height, width]
   * @throws input error unless observations are pictures at least that large
   */
  constructor(env: Env<N, A>, size: readonly [number, number]) {
    const [height, width, channels] = pictureOf(env, 'ResizeObservation')
    const { shape, dtype } = boxOf(env, 'ResizeObservation')
    const fits = (side: number, of: number) => Number.isInteger(side) && side >= 1 && side <= of
    if (!fits(size[0], height) || !fits(size[1], width))
      throw inputError(
        'env.picture',
        `pictures of ${height}x${width} can't be resized to ${size.join('x')}: give a height and a width from 1 up to theirs`,
      )
    const down = coverage(height, size[0])
    const across = coverage(width, size[1])
    const space = new Box(0, 255, [...size, ...shape.slice(2)], dtype)
    const resized = (picture: N) => shrunk(picture, space.array() as N, { down, across, width, channels })
    super(env, resized, space as unknown as Space<N>)
  }
}

function pictureOf(env: Env<unknown, unknown>, wrapper: string): readonly [number, number, number] {
  const { shape } = boxOf(env, wrapper)
  const [height, width, channels = 1] = shape
  if (shape.length === 2 || shape.length === 3) return [height, width, channels]
  throw inputError(
    'env.picture',
    `${wrapper} needs pictures, [H, W] or [H, W, C]; ${env.spec.id} has observations of the shape [${shape.join(', ')}]`,
  )
}

/** Of each new place: where it begins, and how much of each old place it covers. */
type Coverage = readonly { readonly from: number; readonly parts: readonly number[] }[]

function coverage(old: number, size: number): Coverage {
  const scale = old / size
  return Array.from({ length: size }, (_, i) => {
    const [begin, end] = [i * scale, Math.min(old, (i + 1) * scale)]
    const from = Math.floor(begin + 1e-9)
    const until = Math.ceil(end - 1e-9)
    const parts = Array.from(
      { length: until - from },
      (_, p) => Math.min(end, from + p + 1) - Math.max(begin, from + p),
    )
    return { from, parts }
  })
}

/** @param small written to */
function shrunk<N extends Numbers>(
  picture: N,
  small: N,
  { down, across, width, channels }: { down: Coverage; across: Coverage; width: number; channels: number },
): N {
  // Divided once, at the end: halves then stay halves.
  const area = picture.length / small.length
  let at = 0
  for (const row of down)
    for (const column of across)
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (const [y, high] of row.parts.entries())
          for (const [x, wide] of column.parts.entries())
            sum += high * wide * picture[((row.from + y) * width + column.from + x) * channels + c]
        small[at++] = roundedToEven(sum / area)
      }
  return small
}

/** As OpenCV rounds: halves to the even number. */
function roundedToEven(value: number): number {
  const near = Math.round(value)
  return Math.abs(value - Math.trunc(value)) === 0.5 && near % 2 !== 0 ? near - 1 : near
}
