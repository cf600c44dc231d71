import { copyFileSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { type ClipCacheOptions, openClipCache } from '../../src/data/clip-cache.ts'
import { adviseOnCodec, findCodecs } from '../../src/data/codecs.ts'
import type { Clip } from '../../src/data/dataset.ts'
import { uniformIndices } from '../../src/data/sampling.ts'
import { chooseFrameRate, openClipSource, surveyClips } from '../../src/data/source.ts'
import { decodeVideo } from '../../src/data/video.ts'
import { shippedClips, temporaryFolder } from './fixtures.ts'

// Stands between the cache and the disk, so that a test can fill it.
vi.mock('node:fs/promises', async importOriginal => {
  const original = await importOriginal<typeof fs>()
  return { ...original, open: vi.fn(original.open) }
})
const { open } = await vi.importActual<typeof fs>('node:fs/promises')
afterEach(() => void vi.mocked(fs.open).mockImplementation(open))

const clips: Clip[] = shippedClips(3).map(path => ({ id: path, path, label: 'x' }))
const recipe = { size: [24, 32], channels: 3, fit: 'crop', frameRate: 12.5 } as const
const notices: string[] = []

function cacheIn(dir: string, options: Partial<ClipCacheOptions> = {}) {
  return openClipCache({ ...recipe, dir, onNotice: line => notices.push(line), ...options })
}

function filesIn(dir: string): string[] {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' })
  return names
    .filter(name => name.includes('.clip') || name.startsWith('partial/'))
    .map(name => join(dir, name))
}

describe('ClipCache', () => {
  test('holds the frames that decoding gives, and reads those asked for', async () => {
    const cache = cacheIn(temporaryFolder())
    const progress: number[] = []
    const { skipped } = await cache.prepare(clips, { onProgress: ({ done }) => progress.push(done) })
    expect(skipped).toEqual([])
    expect(progress).toEqual([1, 2, 3])
    const video = await decodeVideo(clips[1].path, recipe)
    expect(cache.times(clips[1])).toEqual(video.times)
    const size = 24 * 32 * 3
    const into = new Uint8Array(3 * size + 5).fill(7)
    cache.read(clips[1], [9, 2], into, size)
    expect(into.subarray(0, size).every(byte => byte === 7)).toBe(true)
    expect(into.subarray(size, 2 * size)).toEqual(video.frames.subarray(9 * size, 10 * size))
    expect(into.subarray(2 * size, 3 * size)).toEqual(video.frames.subarray(2 * size, 3 * size))
    expect(() => cache.read(clips[1], [16], into, 0)).toThrow(/frame 16 of 16/)
  })

  test('decodes once: the second time nothing is written', async () => {
    const dir = temporaryFolder()
    await cacheIn(dir).prepare(clips)
    const before = filesIn(dir)
    expect(before).toHaveLength(3)
    for (const file of before) utimesSync(file, 1000, 1000)
    await cacheIn(dir).prepare(clips)
    for (const file of filesIn(dir)) expect((await fs.stat(file)).mtimeMs).toBe(1_000_000)
  })

  test('an old decoder is told of once, where there is something to decode', async () => {
    const dir = temporaryFolder()
    const advice = adviseOnCodec((await findCodecs()).ffmpeg)
    notices.length = 0
    await cacheIn(dir).prepare(clips)
    expect(notices).toEqual(advice === undefined ? [] : [advice])
    await cacheIn(dir).prepare(clips)
    expect(notices).toEqual(advice === undefined ? [] : [advice])
  })

  test('content and recipe are the key, not the path', async () => {
    const dir = temporaryFolder()
    await cacheIn(dir).prepare([clips[0]])
    const copy = join(temporaryFolder(), 'copy.mp4')
    copyFileSync(clips[0].path, copy)
    await cacheIn(dir).prepare([{ ...clips[0], path: copy }])
    expect(filesIn(dir)).toHaveLength(1)
    copyFileSync(clips[1].path, copy)
    await cacheIn(dir).prepare([{ ...clips[0], path: copy }])
    expect(filesIn(dir)).toHaveLength(2)
    await cacheIn(dir, { fit: 'stretch' }).prepare([clips[0]])
    await cacheIn(dir, { frameRate: 5 }).prepare([clips[0]])
    await cacheIn(dir).prepare([{ ...clips[0], end: 0.5 }])
    expect(filesIn(dir)).toHaveLength(5)
  })

  test('a clip that changes while it is decoded is an error', async () => {
    const dir = temporaryFolder()
    const path = join(temporaryFolder(), 'changing.mp4')
    copyFileSync(clips[0].path, path)
    await cacheIn(dir).prepare([{ ...clips[0], path }])
    truncateSync(filesIn(dir)[0], 40)
    // Told before it is decoded anew.
    const changes = cacheIn(dir, { onNotice: () => copyFileSync(clips[1].path, path) })
    await expect(changes.prepare([{ ...clips[0], path }])).rejects.toMatchObject({
      code: 'clip.changed',
      message: expect.stringContaining('changing.mp4 changed while it was decoded'),
    })
  })

  test.each([
    ['cut short', (file: string) => truncateSync(file, readFileSync(file).length - 100)],
    ['cut to nothing', (file: string) => truncateSync(file, 0)],
    ['cut in its header', (file: string) => truncateSync(file, 40)],
    ['changed by one bit', (file: string) => flip(file, -1234)],
    ['changed in its header', (file: string) => flip(file, 30)],
  ])('a file %s is noticed and rebuilt', async (_, damage) => {
    const dir = temporaryFolder()
    await cacheIn(dir).prepare([clips[0]])
    const [file] = filesIn(dir)
    const whole = readFileSync(file)
    damage(file)
    notices.length = 0
    const cache = cacheIn(dir)
    await cache.prepare([clips[0]])
    const mended = () => notices.filter(line => line.includes(clips[0].id)).length
    expect(mended()).toBe(1)
    expect(readFileSync(file).equals(whole)).toBe(true)
    damage(file)
    await cache.prepare([clips[0]]) // the same cache notices a change of size; content only when opened
    if (mended() > 1) expect(readFileSync(file).equals(whole)).toBe(true)
  })

  test('a file cut short while training is an error that says what to do', async () => {
    const dir = temporaryFolder()
    const cache = cacheIn(dir)
    await cache.prepare([clips[0]])
    truncateSync(filesIn(dir)[0], 500)
    const read = () => cache.read(clips[0], [5], new Uint8Array(24 * 32 * 3), 0)
    expect(read).toThrow(expect.objectContaining({ code: 'cache.unreadable', exitCode: 1 }))
    const cause = expect.objectContaining({ message: 'the file is cut short' })
    expect(read).toThrow(expect.objectContaining({ cause }))
  })

  test('no space left: exit code 1, the folder named, nothing half-written', async () => {
    const dir = temporaryFolder()
    vi.mocked(fs.open).mockImplementation(async (path, flags, mode) => {
      const file = await open(path, flags, mode)
      if (flags === 'wx') {
        const write = file.writeFile.bind(file)
        let bytes = 0
        file.writeFile = async (data: Uint8Array) => {
          bytes += data.length
          if (bytes > 10_000) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
          await write(data)
        }
      }
      return file
    })
    const preparing = cacheIn(dir).prepare(clips, { concurrency: 2, skipBroken: true })
    await expect(preparing).rejects.toMatchObject({ code: 'cache.full', exitCode: 1 })
    await expect(preparing).rejects.toThrow(dir)
    expect(filesIn(dir)).toEqual([])
  })

  test('a folder that cannot be made', async () => {
    const dir = join(temporaryFolder(), 'file')
    writeFileSync(dir, '')
    const preparing = cacheIn(dir).prepare([clips[0]])
    await expect(preparing).rejects.toMatchObject({ code: 'cache.unwritable', exitCode: 1 })
  })

  test('broken clips are an error that names them, or skipped with the reason', async () => {
    const path = join(temporaryFolder(), 'broken.mp4')
    writeFileSync(path, 'not a video')
    const broken: Clip = { id: 'broken.mp4', path, label: 'x' }
    const cache = cacheIn(temporaryFolder())
    await expect(cache.prepare([clips[0], broken])).rejects.toMatchObject({
      code: 'video.broken',
      exitCode: 2,
    })
    const { skipped } = await cache.prepare([broken, clips[0]], { skipBroken: true })
    expect(skipped).toEqual([{ clip: broken, reason: expect.stringContaining(path) }])
    expect(cache.times(clips[0]).length).toBe(16)
    expect(() => cache.times(broken)).toThrow(/not prepared/)
  })

  test('abort ends as interrupted and leaves nothing half-written', async () => {
    const dir = temporaryFolder()
    const abort = new AbortController()
    const options = { signal: abort.signal, onProgress: () => abort.abort(), concurrency: 1 }
    await expect(cacheIn(dir).prepare(clips, options)).rejects.toMatchObject({ code: 'interrupted' })
    expect(filesIn(dir)).toHaveLength(1)
  })

  test('what a killed process left is removed after an hour', async () => {
    const dir = temporaryFolder()
    await fs.mkdir(join(dir, 'partial'))
    const left = join(dir, 'partial', '1-0')
    writeFileSync(left, 'half')
    utimesSync(left, 1000, 1000)
    await cacheIn(dir, { clock: () => 1_000_000 + 1000 }).prepare([])
    expect(readdirSync(join(dir, 'partial'))).toEqual(['1-0'])
    await cacheIn(dir, { clock: () => 1_000_000 + 3_700_000 }).prepare([])
    expect(readdirSync(join(dir, 'partial'))).toEqual([])
  })
})

describe('ClipSource', () => {
  test('batches sampled frames [B, T, H, W, C]', async () => {
    const cache = cacheIn(temporaryFolder())
    await cache.prepare(clips)
    const source = openClipSource({ cache, frames: 4 })
    expect(source.shape).toEqual([4, 24, 32, 3])
    const batch = source.batch([clips[2], clips[0]], 'uniform')
    const size = 24 * 32 * 3
    expect(batch.length).toBe(2 * 4 * size)
    for (const [b, clip] of [clips[2], clips[0]].entries()) {
      const video = await decodeVideo(clip.path, recipe)
      for (const [t, index] of uniformIndices(video.times, 4).entries()) {
        const got = batch.subarray((b * 4 + t) * size, (b * 4 + t + 1) * size)
        expect(got).toEqual(video.frames.subarray(index * size, (index + 1) * size))
      }
    }
    expect(source.batch(clips, Rng.of(1))).toEqual(source.batch(clips, Rng.of(1)))
    expect(source.batch(clips, Rng.of(1))).not.toEqual(source.batch(clips, Rng.of(2)))
  })

  test('the common rate follows from the clips', async () => {
    const clip = { duration: 2, frameRate: 30 }
    expect(chooseFrameRate([clip], 8)).toBe(16)
    expect(chooseFrameRate([clip, clip, { duration: 900, frameRate: 60 }], 8)).toBe(16)
    expect(chooseFrameRate([{ duration: 0.5, frameRate: 25 }], 8)).toBe(25)
    expect(chooseFrameRate([{ duration: 600, frameRate: 25 }], 8)).toBe(1)
    const surveyed = await surveyClips([{ ...clips[0], start: 0.28 }, clips[1]], { limit: 2 })
    expect(surveyed.map(timing => timing.duration.toFixed(3))).toEqual(['1.000', '1.280'])
  })
})

function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at < 0 ? bytes.length + at : at] ^= 4
  writeFileSync(file, bytes)
}
