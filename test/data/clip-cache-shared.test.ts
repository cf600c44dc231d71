import { execFile } from 'node:child_process'
import { copyFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { openClipCache } from '../../src/data/clip-cache.ts'
import { decodeVideo, type Video } from '../../src/data/video.ts'
import { shippedClips, temporaryFolder } from './fixtures.ts'

const PROGRAM = fileURLToPath(new URL('fill-cache.ts', import.meta.url))
const paths = shippedClips(5)
const clips = paths.map(path => ({ id: path, path, label: 'x' }))
const decodings = [
  { size: [24, 32], channels: 3, fit: 'crop', frameRate: 12.5 },
  { size: [24, 32], channels: 3, fit: 'stretch', frameRate: 12.5 },
  { size: [16, 16], channels: 1, fit: 'crop', frameRate: 5 },
] as const
const truth = new Map<string, Video>()

/** Every clip by every recipe, as a new cache reads it, against what decoding gives; what the new cache mended. */
async function wrongIn(dir: string): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const recipe of decodings) {
    const cache = openClipCache({ ...recipe, dir, onNotice: line => wrong.push(line) })
    await cache.prepare(clips)
    for (const clip of clips) {
      const key = JSON.stringify([recipe, clip.path])
      const video = truth.get(key) ?? (await decodeVideo(clip.path, recipe))
      truth.set(key, video)
      const pixels = new Uint8Array(video.frames.length)
      cache.read(clip, [...video.times.keys()], pixels, 0)
      if (!video.frames.every((value, i) => pixels[i] === value)) wrong.push(`${clip.id} at ${recipe.size}`)
    }
  }
  return wrong
}

describe('a cache folder that is shared', () => {
  test('by several caches of one process that write at once', async () => {
    const dir = temporaryFolder()
    const caches = [...decodings, ...decodings].map(recipe => openClipCache({ ...recipe, dir }))
    await Promise.all(
      caches.map((cache, i) => cache.prepare(i % 2 ? clips : clips.toReversed(), { concurrency: 3 })),
    )
    expect(readdirSync(join(dir, 'partial'))).toEqual([])
    expect(await wrongIn(dir)).toEqual([])
  })

  test('by several processes that write at once', { timeout: 120_000 }, async () => {
    const dir = temporaryFolder()
    await Promise.all(
      [...decodings, decodings[0]].map(recipe => {
        const given = JSON.stringify({ cache: { ...recipe, dir }, paths })
        return promisify(execFile)(process.execPath, ['--import', 'tsx', PROGRAM, given])
      }),
    )
    expect(readdirSync(join(dir, 'partial'))).toEqual([])
    expect(await wrongIn(dir)).toEqual([])
  })
})

describe('a cache file with the pixels of another clip', () => {
  const [recipe] = decodings
  const filesIn = (dir: string) =>
    readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.clip'))

  async function swapped() {
    const dir = temporaryFolder()
    const cache = openClipCache({ ...recipe, dir })
    await cache.prepare([clips[0]])
    const [own] = filesIn(dir)
    await cache.prepare([clips[1]])
    const other = filesIn(dir).find(name => name !== own) ?? ''
    copyFileSync(join(dir, other), join(dir, own))
    return { dir, cache }
  }

  test('is noticed by the next run, and rebuilt', async () => {
    const { dir } = await swapped()
    const notices: string[] = []
    const cache = openClipCache({ ...recipe, dir, onNotice: line => notices.push(line) })
    await cache.prepare(clips.slice(0, 2))
    expect(notices.filter(line => line.includes('damaged'))).toEqual([
      expect.stringContaining(`${clips[0].id} was damaged and is rebuilt`),
    ])
    const { frames } = await decodeVideo(clips[0].path, recipe)
    const first = new Uint8Array(24 * 32 * 3)
    cache.read(clips[0], [0], first, 0)
    expect(first).toEqual(frames.subarray(0, first.length))
  })

  test('is noticed by a run that is under way', async () => {
    const { cache } = await swapped()
    const read = () => cache.read(clips[0], [0], new Uint8Array(24 * 32 * 3), 0)
    expect(read).toThrow(expect.objectContaining({ code: 'cache.unreadable' }))
    expect(read).toThrow(/not that of/)
  })
})
