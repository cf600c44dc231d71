import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeVideo, probeVideo } from '../../src/data/video.ts'
import { VideoWriter } from '../../src/data/video-writer.ts'
import { temporaryFolder } from './fixtures.ts'

/** Of one grey. */
function picture(width: number, height: number, grey: number) {
  return { width, height, pixels: new Uint8Array(width * height * 3).fill(grey) }
}

describe('a video that is written picture by picture', () => {
  test('has them all, at their rate; it appears when it is whole', async () => {
    const folder = join(temporaryFolder(), 'new')
    const path = join(folder, 'a.mp4')
    const writer = await VideoWriter.create(path, { width: 32, height: 16, frameRate: 5 })
    const greys = [20, 200, 90, 150]
    for (const grey of greys) await writer.write(picture(32, 16, grey))
    expect(readdirSync(folder).filter(name => name === 'a.mp4')).toEqual([])
    await writer.finish()
    expect(readdirSync(folder)).toEqual(['a.mp4'])
    expect(await probeVideo(path)).toMatchObject({ width: 32, height: 16, frameRate: 5, codec: 'h264' })
    const { frames, shape } = await decodeVideo(path)
    expect(shape).toEqual([4, 16, 32, 3])
    greys.forEach((grey, i) => {
      expect(Math.abs(frames[i * 16 * 32 * 3 + 3 * 99] - grey)).toBeLessThan(4)
    })
  })

  test('more than there is room for at once', async () => {
    const path = join(temporaryFolder(), 'a.mp4')
    const writer = await VideoWriter.create(path, { width: 640, height: 480, frameRate: 10 })
    for (let i = 0; i < 12; i++) await writer.write(picture(640, 480, 10 * i))
    await writer.finish()
    expect((await probeVideo(path)).duration).toBeCloseTo(1.2, 1)
  })

  test('of odd sizes is a row and a column larger', async () => {
    const path = join(temporaryFolder(), 'a.mp4')
    const writer = await VideoWriter.create(path, { width: 33, height: 17, frameRate: 5 })
    await writer.write(picture(33, 17, 99))
    await writer.finish()
    expect(await probeVideo(path)).toMatchObject({ width: 34, height: 18 })
  })

  test.each([
    [32, 17],
    [31, 16],
  ])('takes no picture of %d by %d in one of 32 by 16', async (width, height) => {
    const folder = temporaryFolder()
    const writer = await VideoWriter.create(join(folder, 'a.mp4'), { width: 32, height: 16, frameRate: 5 })
    await expect(writer.write(picture(width, height, 1))).rejects.toMatchObject({
      code: 'video.size',
      message: expect.stringContaining(`${width} × ${height} in a video of 32 × 16`),
    })
    await writer.abort()
    expect(readdirSync(folder)).toEqual([])
  })

  test('that is given up leaves nothing', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a.mp4'), 'an earlier one')
    const writer = await VideoWriter.create(join(folder, 'a.mp4'), { width: 32, height: 16, frameRate: 5 })
    await writer.write(picture(32, 16, 5))
    await writer.abort()
    expect(readdirSync(folder)).toEqual(['a.mp4'])
  })

  test('that can’t be written says why, to whoever goes on', async () => {
    const folder = temporaryFolder()
    // No rate: ffmpeg ends at once.
    const writer = await VideoWriter.create(join(folder, 'a.mp4'), { width: 32, height: 16, frameRate: -1 })
    const writing = async () => {
      for (let i = 0; i < 10_000; i++) {
        await writer.write(picture(32, 16, 5))
        await new Promise(resolve => setTimeout(resolve, 1))
      }
    }
    const refusal = {
      code: 'video.write',
      kind: 'failure',
      message: expect.stringContaining("a.mp4 can't be written: "),
    }
    await expect(writing()).rejects.toMatchObject(refusal)
    await expect(writer.finish()).rejects.toMatchObject(refusal)
    expect(readdirSync(folder)).toEqual([])
  })
})
