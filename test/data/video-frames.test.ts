import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decodeVideo } from '../../src/data/video.ts'
import { type FramesOptions, videoFrames } from '../../src/data/video-frames.ts'
import { ffmpeg, shippedClips, temporaryFolder } from './fixtures.ts'

const OPTIONS: FramesOptions = { size: [128, 128], fit: 'stretch', channels: 3, frameRate: 25 }

async function all(path: string, options = OPTIONS): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = []
  for await (const frame of videoFrames(path, options)) frames.push(frame)
  return frames
}

test('at their own rate frames are those that a whole decode gives', async () => {
  const [clip] = shippedClips(1)
  const { frames } = await decodeVideo(clip, { size: [128, 128], fit: 'stretch' })
  expect(Buffer.concat(await all(clip)).equals(frames)).toBe(true)
})

test('at another rate each is the nearest in time', async () => {
  const [clip] = shippedClips(1)
  const half = await all(clip, { ...OPTIONS, frameRate: 12.5 })
  expect(half).toHaveLength(16)
})

test('whoever stops early leaves no decoder behind, and abort ends it', async () => {
  const [clip] = shippedClips(1)
  for await (const frame of videoFrames(clip, OPTIONS)) {
    expect(frame).toHaveLength(128 * 128 * 3)
    break
  }
  const controller = new AbortController()
  const stopped = (async () => {
    for await (const _ of videoFrames(clip, { ...OPTIONS, signal: controller.signal })) controller.abort()
  })()
  await expect(stopped).rejects.toMatchObject({ kind: 'interrupted' })
})

test('what is no video is named', async () => {
  const path = join(temporaryFolder(), 'x.mp4')
  writeFileSync(path, 'no video at all')
  await expect(all(path)).rejects.toThrow(/x\.mp4 is broken or not a video/)
})

test('a long video needs the memory of a few frames', async () => {
  const path = join(temporaryFolder(), 'long.mp4')
  const source = 'color=c=gray:s=160x120:r=25:d=400'
  await ffmpeg('-f', 'lavfi', '-i', source, '-c:v', 'libx264', '-preset', 'ultrafast', path)
  const options = { ...OPTIONS, size: [120, 160] as const }
  const before = process.memoryUsage().rss
  let count = 0
  let most = 0
  for await (const frame of videoFrames(path, options)) {
    count++
    expect(frame.length).toBe(120 * 160 * 3)
    if (count % 100 === 0) most = Math.max(most, process.memoryUsage().rss - before)
  }
  expect(count).toBe(10_000)
  // All frames are 576 MB.
  expect(most).toBeLessThan(200 * 2 ** 20)
}, 60_000)
