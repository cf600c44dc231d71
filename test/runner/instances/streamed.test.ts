import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Clip } from '../../../src/data/dataset.ts'
import { openSource } from '../../../src/data/open-source.ts'
import * as decoder from '../../../src/data/video-frames.ts'
import { streamedPredictions } from '../../../src/runner/instances/streamed.ts'
import { ffmpeg } from '../../data/fixtures.ts'

vi.mock('../../../src/data/video-frames.ts', { spy: true })

const FRAME_RATE = 4
const format = { frames: 4, size: [2, 2], channels: 1, fit: 'stretch', frameRate: FRAME_RATE } as const
const BYTES = 4
const { signal } = new AbortController()

/** One after the other, the last one over a part of the one before it. */
function piecesOf(seconds: number, window: number): Clip[] {
  const count = Math.ceil(seconds / window)
  return Array.from({ length: count }, (_, i) => {
    const start = Math.min(i * window, seconds - window)
    return { id: `${i}`, path: 'long.mp4', label: '', start, end: start + window }
  })
}

/** Of each frame of each window, its first pixel. */
function firstPixels(pixels: Uint8Array, windows: number): readonly number[][] {
  return Array.from({ length: windows }, (_, i) =>
    Array.from({ length: format.frames }, (_, t) => pixels[(i * format.frames + t) * BYTES]),
  )
}

const stream = (pieces: readonly Clip[], predict = firstPixels, path = 'long.mp4') =>
  streamedPredictions(
    path,
    pieces,
    { format, predict },
    { frameRate: FRAME_RATE, signal, onProgress: () => undefined },
  )

let shown = 0

/** A decoder that gives so many frames, each filled with its index modulo 251. */
function decodes(frames: number): void {
  shown = 0
  vi.mocked(decoder.videoFrames).mockImplementation(async function* () {
    for (let frame = 0; frame < frames; frame++) {
      shown++
      yield new Uint8Array(BYTES).fill(frame % 251)
    }
  })
}

beforeEach(() => {
  vi.mocked(decoder.videoFrames).mockReset()
})

test('each piece sees the frames at the middles of its stretches, and the overlap twice', async () => {
  decodes(100)
  const said = await stream(piecesOf(5, 2))
  // Stretches of half a second: two frames each, the second one of them on screen at the middle.
  expect(said).toEqual([
    [1, 3, 5, 7],
    [9, 11, 13, 15],
    [13, 15, 17, 19],
  ])
})

test('a file that ends before it says repeats its last frame', async () => {
  decodes(14)
  expect((await stream(piecesOf(4, 2)))[1]).toEqual([9, 11, 13, 13])
})

test('an hour is decoded once, and windows are predicted as they come', async () => {
  decodes(3600 * FRAME_RATE)
  const pieces = piecesOf(3600, 3)
  const sizes: number[] = []
  const ahead: number[] = []
  const said = await stream(pieces, (pixels, windows) => {
    sizes.push(windows)
    ahead.push(shown - sizes.reduce((sum, count) => sum + count, 0) * 3 * FRAME_RATE)
    return firstPixels(pixels, windows)
  })
  expect(vi.mocked(decoder.videoFrames)).toHaveBeenCalledTimes(1)
  expect(said).toHaveLength(1200)
  expect(said[700]).toEqual([1, 4, 7, 10].map(offset => (700 * 12 + offset) % 251))
  expect(Math.max(...sizes)).toBe(16)
  // Never more than a window is read before what is whole has been predicted.
  expect(Math.max(...ahead)).toBeLessThanOrEqual(3 * FRAME_RATE)
})

test('frames are those that the cache of clips gives, to within one', async () => {
  const actual = await vi.importActual<typeof decoder>('../../../src/data/video-frames.ts')
  vi.mocked(decoder.videoFrames).mockImplementation(actual.videoFrames)
  const dir = mkdtempSync(join(tmpdir(), 'layergym-test-'))
  const path = join(dir, 'ramp.mp4')
  // Luma rises by three a frame.
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    'color=c=black:s=32x32:r=12:d=5,geq=lum=20+3*N:cb=128:cr=128',
    '-qp',
    '1',
    path,
  )
  const pieces = piecesOf(5, 2).map(clip => ({ ...clip, path }))
  const source = openSource(format, { dir })
  await source.prepare(pieces)
  const cached = firstPixels(source.batch(pieces, 'uniform') as Uint8Array, pieces.length)
  const streamed = (await stream(pieces, firstPixels, path)) as number[][]
  const differences = cached.flatMap((window, i) =>
    window.map((value, t) => Math.abs(value - streamed[i][t])),
  )
  // At four frames a second one is three of the source's: nine levels of luma, or eleven of full range.
  expect(Math.max(...differences)).toBeLessThanOrEqual(12)
  expect(new Set(streamed.flat()).size).toBeGreaterThan(8)
})
