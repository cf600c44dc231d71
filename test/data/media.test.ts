import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { mediaOf } from '../../src/data/media.ts'
import type * as video from '../../src/data/video.ts'
import { png } from './annotations/fixtures.ts'
import { ffmpeg, shippedClips, temporaryFolder } from './fixtures.ts'

// Decoders turn pictures as EXIF says, or don't.
vi.mock('../../src/data/video.ts', async importOriginal => {
  const original = await importOriginal<typeof video>()
  return { ...original, decodeVideo: vi.fn(original.decodeVideo) }
})
afterEach(() => vi.unstubAllEnvs())

/** A JPEG of 64 by 48 pixels, stored in one of EXIF's orientations. */
async function oriented(orientation: number, size = '64x48'): Promise<string> {
  const folder = temporaryFolder()
  const path = join(folder, 'a.jpg')
  await ffmpeg('-f', 'lavfi', '-i', `testsrc=size=${size}:duration=1:rate=1`, '-frames:v', '1', path)
  const bytes = readFileSync(path)
  const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]
  const exif = Buffer.from([...Buffer.from('Exif\0\0MM\0*'), 0, 0, 0, 8, 0, 1, ...entry, 0, 0, 0, 0])
  const length = Buffer.from([0xff, 0xe1, 0, exif.length + 2])
  writeFileSync(path, Buffer.concat([bytes.subarray(0, 2), length, exif, bytes.subarray(2)]))
  return path
}

test.each([
  ['turns', [1, 64, 48, 3], [64, 48]],
  ['leaves as they are', [1, 48, 64, 3], [48, 64]],
] as const)('a decoder that %s pictures is asked once', async (how, shape, expected) => {
  // Another program each time, so that nothing is known of it.
  vi.stubEnv('PATH', `/none-that-${how.split(' ')[0]}:${process.env.PATH}`)
  vi.resetModules()
  const { mediaOf: fresh } = await import('../../src/data/media.ts')
  const { decodeVideo } = await import('../../src/data/video.ts')
  vi.mocked(decodeVideo).mockClear()
  vi.mocked(decodeVideo).mockImplementation(async () => ({ shape }) as never)
  expect((await fresh(await oriented(6))).size).toEqual(expected)
  expect((await fresh(await oriented(5))).size).toEqual(expected)
  expect(decodeVideo).toHaveBeenCalledOnce()
  // Upright and upside down they are as they are stored, and so are squares.
  for (const upright of [1, 4]) expect((await fresh(await oriented(upright))).size).toEqual([48, 64])
  expect((await fresh(await oriented(6, '32x32'))).size).toEqual([32, 32])
  expect(decodeVideo).toHaveBeenCalledOnce()
})

test('a decoder that fails is asked again', async () => {
  vi.resetModules()
  const { mediaOf: fresh } = await import('../../src/data/media.ts')
  const { decodeVideo } = await import('../../src/data/video.ts')
  const path = await oriented(8)
  vi.mocked(decodeVideo).mockRejectedValueOnce(new Error('busy'))
  await expect(fresh(path)).rejects.toThrow('busy')
  vi.mocked(decodeVideo).mockImplementation(async () => ({ shape: [1, 64, 48, 3] }) as never)
  expect((await fresh(path)).size).toEqual([64, 48])
})

test('what a picture, a clip and a table are', async () => {
  const folder = temporaryFolder()
  const picture = join(folder, 'a.png')
  writeFileSync(picture, png(7, 5))
  expect(await mediaOf(picture)).toEqual({ size: [5, 7] })
  expect(await mediaOf(shippedClips(1)[0])).toEqual({
    size: [128, 128],
    video: { duration: 1.28, frameRate: 25 },
  })
  const table = join(folder, 'a.csv')
  writeFileSync(table, '1,2\n')
  await expect(mediaOf(table)).rejects.toMatchObject({ code: 'video.sequence' })
  await expect(mediaOf(join(folder, 'none.png'))).rejects.toMatchObject({ code: 'video.not-found' })
})

test('pictures whose header says little are asked of the decoder, and have no duration', async () => {
  const folder = temporaryFolder()
  const targa = join(folder, 'a.tga')
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc=size=20x10:duration=1:rate=1', '-frames:v', '1', targa)
  expect(await mediaOf(targa)).toEqual({ size: [10, 20] })
  // Comments before the size: more than is read at first.
  const far = await oriented(1)
  const bytes = readFileSync(far)
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0xff, 0xff]), Buffer.alloc(0xfffd, 'x')])
  writeFileSync(far, Buffer.concat([bytes.subarray(0, 2), comment, comment, bytes.subarray(2)]))
  expect(await mediaOf(far)).toEqual({ size: [48, 64] })
})
