import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type CacheEntry, openCacheFile, writeCacheFile } from '../../src/data/cache-file.ts'
import { temporaryFolder } from './fixtures.ts'

const ORIGIN = { content: 'abc', recipe: '[1]' }
const CLIP = {
  frames: Uint8Array.from({ length: 2 * 2 * 3 * 1 }, (_, i) => i),
  shape: [2, 2, 3, 1] as const,
  times: Float64Array.of(0.5, 1.25),
}

/** A file of this header, with what follows it. */
function crafted(change: object = {}, { magic = 'LGCLIP\r\n', extra = 0, length = 0 } = {}): string {
  const times = Buffer.from(CLIP.times.buffer)
  const sha256 = createHash('sha256').update(times).update(CLIP.frames).digest('hex')
  const json = Buffer.from(JSON.stringify({ ...ORIGIN, shape: CLIP.shape, sha256, ...change }))
  const prefix = Buffer.alloc(12)
  prefix.write(magic, 'latin1')
  prefix.writeUInt32LE(json.length + length, 8)
  const path = join(temporaryFolder(), 'a.clip')
  writeFileSync(path, Buffer.concat([prefix, json, times, CLIP.frames, Buffer.alloc(extra)]))
  return path
}

describe('a file of a decoded clip', () => {
  test('holds frames and times, with what tells them from any other', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'aa', 'b.clip')
    const written = await writeCacheFile(path, join(folder, 'partial'), CLIP, ORIGIN)
    expect(readdirSync(join(folder, 'partial'))).toEqual([])
    const entry = (await openCacheFile(path, ORIGIN)) as CacheEntry
    expect(entry).toEqual(written)
    const bytes = readFileSync(path)
    expect(entry).toMatchObject({ path, shape: CLIP.shape, times: CLIP.times, bytes: bytes.length })
    expect([...bytes.subarray(entry.offset)]).toEqual([...CLIP.frames])
    expect(bytes.subarray(0, entry.head.length)).toEqual(entry.head)
    expect(entry.offset - entry.head.length).toBe(16)
    expect(readFileSync(crafted())).toHaveLength(bytes.length)
  })

  test('leaves nothing half-written where it can’t be put in its place', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'b.clip', 'x'), { recursive: true })
    await expect(
      writeCacheFile(join(folder, 'b.clip'), join(folder, 'partial'), CLIP, ORIGIN),
    ).rejects.toThrow()
    expect(readdirSync(join(folder, 'partial'))).toEqual([])
  })

  test('that is not there is missing; one that can’t be opened is an error', async () => {
    const folder = temporaryFolder()
    expect(await openCacheFile(join(folder, 'none.clip'), ORIGIN)).toBe('missing')
    await expect(openCacheFile(join(crafted(), 'x.clip'), ORIGIN)).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  test.each<[string, () => string]>([
    ['as it was', () => crafted()],
    ['with more in its header', () => crafted({ more: 1 })],
  ])('%s is read', async (_name, make) => {
    expect(await openCacheFile(make(), ORIGIN)).toMatchObject({ shape: CLIP.shape })
  })

  test.each<[string, () => string]>([
    ['another beginning', () => crafted({}, { magic: 'LGCLIQ\r\n' })],
    ['a header longer than the file', () => crafted({}, { length: 1000 })],
    ['a header that runs into the times', () => crafted({}, { length: 1 })],
    ['a byte too many', () => crafted({}, { extra: 1 })],
    ['three sides', () => crafted({ shape: [2, 2, 3] })],
    ['five sides', () => crafted({ shape: [2, 2, 3, 1, 1] })],
    ['a side of nothing', () => crafted({ shape: [2, 0, 3, 1] })],
    ['a side that is no whole number', () => crafted({ shape: [2, 1.5, 4, 1] })],
    ['other sides', () => crafted({ shape: [2, 2, 2, 2] })],
    ['no shape', () => crafted({ shape: null })],
    ['no hash', () => crafted({ sha256: null })],
    ['another hash', () => crafted({ sha256: 'a'.repeat(64) })],
    ['another content', () => crafted({ content: 'abd' })],
    ['another recipe', () => crafted({ recipe: '[2]' })],
  ])('of %s is damaged', async (_name, make) => {
    expect(await openCacheFile(make(), ORIGIN)).toBe('damaged')
  })

  test('a header that is no JSON, or no file to speak of', async () => {
    const path = crafted()
    const bytes = readFileSync(path)
    bytes[12] = 0x5b
    writeFileSync(path, bytes)
    expect(await openCacheFile(path, ORIGIN)).toBe('damaged')
    for (const length of [0, 5, 12, 40]) {
      writeFileSync(path, bytes.subarray(0, length))
      expect(await openCacheFile(path, ORIGIN)).toBe('damaged')
    }
  })
})
