import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Fit } from '../../src/data/decode-options.ts'
import { cutOff, geometryOf, resample, type Size, toInput, toSource } from '../../src/data/geometry.ts'
import { decodeVideo } from '../../src/data/video.ts'
import { fc, property } from '../support/property.ts'
import { ffmpeg, temporaryFolder } from './fixtures.ts'

const FITS: readonly Fit[] = ['crop', 'letterbox', 'stretch']

/** A white rectangle on black, as a picture. */
async function picture([height, width]: Size, box: { x: number; y: number; width: number; height: number }) {
  const path = join(temporaryFolder(), 'box.png')
  const draw = `drawbox=x=${box.x}:y=${box.y}:w=${box.width}:h=${box.height}:color=white:t=fill`
  const source = ['-f', 'lavfi', '-i', `testsrc=size=${width}x${height}:duration=1:rate=1`]
  await ffmpeg(...source, '-vf', `drawbox=color=black:t=fill,${draw}`, '-frames:v', '1', path)
  return path
}

/** Where brightness passes a half, to parts of a pixel. */
function edges(pixels: Uint8Array, [height, width]: Size) {
  const column = (x: number) => Math.max(...Array.from({ length: height }, (_, y) => pixels[y * width + x]))
  const row = (y: number) => Math.max(...pixels.subarray(y * width, (y + 1) * width))
  const [left, right] = crossings(Array.from({ length: width }, (_, x) => column(x)))
  const [top, bottom] = crossings(Array.from({ length: height }, (_, y) => row(y)))
  return { left, right, top, bottom }
}

function crossings(profile: readonly number[]): [number, number] {
  const half = Math.max(...profile) / 2
  const from = profile.findIndex(value => value > half)
  const to = profile.findLastIndex(value => value > half)
  const part = (inside: number, outside: number) =>
    (profile[inside] - half) / (profile[inside] - (profile[outside] ?? 0)) - 0.5
  return [from - part(from, from - 1), to + 1 + part(to, to + 1)]
}

describe('where the source comes to lie is where ffmpeg puts it', () => {
  const cases: readonly (readonly [Size, Size])[] = [
    [
      [181, 321],
      [96, 96],
    ],
    [
      [321, 181],
      [97, 64],
    ],
    [
      [227, 320],
      [224, 224],
    ],
    [
      [33, 61],
      [128, 96],
    ],
  ]
  test.each(cases.flatMap(([source, input]) => FITS.map(fit => ({ source, input, fit }))))(
    '$fit: $source to $input',
    async ({ source, input, fit }) => {
      const box = {
        x: Math.round(source[1] * 0.42),
        y: Math.round(source[0] * 0.36),
        width: Math.round(source[1] * 0.21),
        height: Math.round(source[0] * 0.27),
      }
      const video = await decodeVideo(await picture(source, box), { size: input, fit, channels: 1 })
      const seen = edges(video.frames, input)
      const geometry = geometryOf(source, input, fit)
      const moved = toInput(box, geometry)
      const expected = [moved.x, moved.y, moved.x + moved.width, moved.y + moved.height]
      for (const [i, edge] of [seen.left, seen.top, seen.right, seen.bottom].entries())
        expect(Math.abs(edge - expected[i])).toBeLessThanOrEqual(1)

      const plane = new Uint8Array(source[0] * source[1])
      for (let y = box.y; y < box.y + box.height; y++)
        plane.fill(255, y * source[1] + box.x, y * source[1] + box.x + box.width)
      const mask = edges(resample(plane, geometry, 0), input)
      for (const edge of ['left', 'right', 'top', 'bottom'] as const)
        expect(Math.abs(mask[edge] - seen[edge])).toBeLessThanOrEqual(1)
    },
  )

  test('bars lie where ffmpeg paints them', async () => {
    const source: Size = [61, 181]
    const path = await picture(source, { x: 0, y: 0, width: 181, height: 61 })
    const { frames } = await decodeVideo(path, { size: [96, 96], fit: 'letterbox', channels: 1 })
    const { covered } = geometryOf(source, [96, 96], 'letterbox')
    const { top, bottom, left, right } = edges(frames, [96, 96])
    expect([left, top, right - left, bottom - top].map(Math.round)).toEqual([
      covered.x,
      covered.y,
      covered.width,
      covered.height,
    ])
    const mask = resample(new Uint8Array(61 * 181).fill(3), geometryOf(source, [96, 96], 'letterbox'), 255)
    expect(Array.from(mask, value => (value === 255 ? 0 : 255))).toEqual(
      Array.from(frames, value => (value > 127 ? 255 : 0)),
    )
  })
})

const side = fc.integer({ min: 8, max: 700 })

property([side, side, side, side, fc.constantFrom(...FITS)])(
  'there and back is where it was',
  (h, w, inputH, inputW, fit) => {
    const geometry = geometryOf([h, w], [inputH, inputW], fit)
    const box = { label: 'a', x: w * 0.2, y: h * 0.3, width: w * 0.4, height: h * 0.1 }
    const back = toSource(toInput(box, geometry), geometry)
    expect(back.label).toBe('a')
    for (const key of ['x', 'y', 'width', 'height'] as const) expect(back[key]).toBeCloseTo(box[key], 6)
  },
)

test('a rectangle is cut off by its frame, and gone where it lies outside', () => {
  expect(cutOff({ x: -5, y: 2, width: 10, height: 10 }, [8, 8])).toEqual({ x: 0, y: 2, width: 5, height: 6 })
  expect(cutOff({ x: 8, y: 2, width: 10, height: 10 }, [8, 8])).toBeUndefined()
})
