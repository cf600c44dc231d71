import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Frame } from '../../../../src/common/canvas.ts'
import { decodeVideo } from '../../../../src/data/video.ts'
import type { Task } from '../../../../src/models/tasks/task.ts'
import type { OpenModel } from '../../../../src/runner/instances/saved-model.ts'
import { drawVideo } from '../../../../src/runner/jobs/predict/draw-video.ts'
import { walkedWindows } from '../../../../src/runner/jobs/predict/windows.ts'
import { ffmpeg, temporaryFolder } from '../../../data/fixtures.ts'
import { workspace } from '../../../support/e2e.ts'

const source = join(workspace(), 'source.mp4')
const format = { frames: 2, size: [8, 8], channels: 3, fit: 'crop', frameRate: 5 } as const

beforeAll(async () => {
  await ffmpeg('-f', 'lavfi', '-i', 'color=c=black:s=32x16:r=10:d=1', source)
})

/** Fills a frame with ten times its prediction plus its index. */
const task = {
  draw: ({ width, height }: Frame, { of, frame }: { of: object; frame: number }) => ({
    ...{ width, height },
    pixels: new Uint8Array(width * height * 3).fill(Object(of).prediction * 10 + 10 * frame),
  }),
} as unknown as Task

test('a video is walked through in windows of what the network sees, the last one filled up', async () => {
  const seen: number[] = []
  const predict: OpenModel['predict'] = (pixels, clips) => {
    seen.push(pixels.length)
    return Array.from({ length: clips }, (_, i) => i)
  }
  const windows = []
  for await (const window of walkedWindows(source, { format, predict }, new AbortController().signal))
    windows.push(window)
  // Five frames at 5 a second: 0, 0.2, … 0.8 s.
  expect(windows.map(({ start, end }) => [start, end].map(time => time.toFixed(1)))).toEqual([
    ['-0.1', '0.3'],
    ['0.3', '0.7'],
    ['0.7', '1.1'],
  ])
  expect(windows.map(({ prediction }) => prediction)).toEqual([0, 1, 2])
  expect(seen).toEqual([3 * 2 * 8 * 8 * 3])
})

test('each frame shows the prediction that is nearest in time', async () => {
  const to = join(temporaryFolder(), 'drawn.mp4')
  const windows = [
    { start: 0, end: 0.4, prediction: 1 },
    { start: 0.4, end: 0.8, prediction: 10 },
  ]
  const signal = new AbortController().signal
  await drawVideo(source, to, { windows, model: { task, format }, signal })
  const { frames, shape } = await decodeVideo(to)
  expect(shape).toEqual([10, 16, 32, 3])
  const shown = Array.from({ length: 10 }, (_, i) => Math.round(frames[i * 16 * 32 * 3] / 10))
  expect(shown).toEqual([1, 1, 2, 2, 10, 10, 11, 11, 11, 11])
})

test('one that is interrupted leaves nothing', async () => {
  const folder = temporaryFolder()
  const controller = new AbortController()
  const { signal } = controller
  const stopping = {
    draw: (picture: Frame) => {
      controller.abort()
      return picture
    },
  } as unknown as Task
  const windows = [{ start: 0, end: 1, prediction: 0 }]
  const drawn = drawVideo(source, join(folder, 'x.mp4'), {
    windows,
    model: { task: stopping, format },
    signal,
  })
  await expect(drawn).rejects.toMatchObject({ kind: 'interrupted' })
  expect(readdirSync(folder)).toEqual([])
})
