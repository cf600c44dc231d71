import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { openClipCache } from '../../src/data/clip-cache.ts'
import type { Clip } from '../../src/data/dataset.ts'
import { openSource } from '../../src/data/open-source.ts'
import { chooseFrameRate, openClipSource, surveyClips } from '../../src/data/source.ts'
import { shippedClips, temporaryFolder } from './fixtures.ts'

const [path] = shippedClips(1)
const piece = (start?: number, end?: number): Clip => ({ id: `${start}-${end}`, path, label: '', start, end })

describe('a survey of clips', () => {
  const durations = async (clips: readonly Clip[], limit?: number) =>
    (await surveyClips(clips, { limit })).map(({ duration }) => Math.round(duration * 1000) / 1000)

  test('a piece has its own length, and no more than its file', async () => {
    const clips = [piece(), piece(1), piece(0.5, 0.75), piece(0, 9), piece(1.279)]
    // At least one frame.
    expect(await durations(clips)).toEqual([1.28, 0.28, 0.25, 1.28, 0.04])
    expect(await surveyClips([piece()])).toEqual([{ duration: 1.28, frameRate: 25 }])
  })

  test('takes so many, spread over the list', async () => {
    const clips = [1, 2, 3, 4, 5].map(tenths => piece(0, tenths / 10))
    expect(await durations(clips, 2)).toEqual([0.1, 0.3])
    expect(await durations(clips, 3)).toEqual([0.1, 0.2, 0.4])
    expect(await durations(clips, 9)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5])
    expect(await durations(clips)).toHaveLength(5)
    expect(await durations([])).toEqual([])
  })

  test('passes over what is broken, unless all is, or it is told to end', async () => {
    const missing = (name: string): Clip => ({ ...piece(), path: `/nowhere/${name}.mp4` })
    expect(await durations([missing('a'), piece()])).toEqual([1.28])
    await expect(surveyClips([missing('a'), missing('b')])).rejects.toThrow('/nowhere/a.mp4')
    const ended = surveyClips([piece(), missing('a')], { signal: AbortSignal.abort() })
    await expect(ended).rejects.toMatchObject({ code: 'interrupted' })
  })
})

test('the common rate: four times the frames of a step, from 1 to the clips’ own', () => {
  const timings = (duration: number, frameRate = 25) =>
    [duration, 1, 99].map(of => ({ duration: of, frameRate }))
  expect(chooseFrameRate(timings(4), 8)).toBe(8)
  expect(chooseFrameRate(timings(2), 8)).toBe(16)
  expect(chooseFrameRate(timings(90), 8)).toBe(1)
  expect(chooseFrameRate(timings(1), 8)).toBe(25)
  expect(() => chooseFrameRate([], 8)).toThrow('no clip to choose a frame rate from')
})

describe('a source of clips', () => {
  async function opened(clips: readonly Clip[], frames = 4) {
    const size = [6, 8] as const
    const cache = openClipCache({ dir: temporaryFolder(), size, channels: 3, fit: 'crop', frameRate: 12.5 })
    await cache.prepare(clips)
    const read = (clip: Clip, indices: readonly number[]) => {
      const into = new Uint8Array(indices.length * 6 * 8 * 3)
      cache.read(clip, indices, into, 0)
      return into
    }
    return { source: openClipSource({ cache, frames }), read }
  }

  test('gives batches clip after clip, and looks at three moments', async () => {
    const clips = [piece(), piece(0, 0.64)]
    const { source, read } = await opened(clips)
    expect([source.kind, source.shape]).toEqual(['pixels', [4, 6, 8, 3]])
    const middles = [2, 6, 10, 14]
    const batch = source.batch(clips, 'uniform')
    expect(batch).toEqual(Uint8Array.of(...read(clips[0], middles), ...read(clips[1], [1, 3, 5, 7])))
    expect(source.glimpse(clips[0])).toEqual({
      shape: [6, 8, 3],
      frames: [2, 8, 13].map(index => read(clips[0], [index])),
    })
    const seen = source.see(clips, Rng.of(3))
    expect(seen.pixels).toEqual(source.batch(clips, Rng.of(3)))
    expect(seen.pixels).not.toEqual(batch)
    expect(seen.items).toEqual(clips)
  })

  test('what is true is that of the frames that are seen', async () => {
    const labels = [0, 0.32, 0.64, 0.96].map((start, i) => ({ label: `${i}`, start, end: start + 0.32 }))
    const clip: Clip = { ...piece(), annotation: { size: [128, 128], segments: labels } }
    const { source } = await opened([clip, piece(0, 0.64)])
    const moments = (items: ReturnType<typeof source.items>) => items[0].truth?.map(({ moment }) => moment)
    const [item, other] = source.items([clip, piece(0, 0.64)])
    expect(moments([item])).toEqual(['0', '1', '2', '3'])
    expect(other.truth).toBeUndefined()
    expect(moments(source.see([clip], 'uniform').items)).toEqual(['0', '1', '2', '3'])
  })
})

describe('a source of what a network takes', () => {
  const format = { frames: 4, size: [6, 8], channels: 3, fit: 'crop' } as const

  test('of clips: decoded into the folder, at their rate', async () => {
    const dir = temporaryFolder()
    const source = openSource({ ...format, frameRate: 12.5 }, { dir })
    expect([source.kind, source.shape]).toEqual(['pixels', [4, 6, 8, 3]])
    const seen: number[] = []
    const { skipped } = await source.prepare([piece()], { onProgress: ({ done }) => seen.push(done) })
    expect([skipped, seen]).toEqual([[], [1]])
    expect(readdirSync(dir)).not.toEqual([])
    expect(source.batch([piece()], 'uniform')).toHaveLength(4 * 6 * 8 * 3)
    source.close()
    expect(() => source.batch([piece()], 'uniform')).toThrow('was not prepared')
  })

  test('of sequences, whose rows have no rate', async () => {
    const dir = temporaryFolder()
    const table = (name: string, text: string): Clip => {
      writeFileSync(join(dir, name), text)
      return { id: name, path: join(dir, name), label: '' }
    }
    const clips = [table('a.csv', '1,2\n3,4\n'), table('b.csv', '5,6\n7,8\n')]
    const source = openSource({ ...format, frames: 2, size: [1, 2] }, { dir })
    expect([source.kind, source.shape]).toEqual(['sequences', [2, 2]])
    const progress: unknown[] = []
    const onProgress = ({ done, total, clip }: { done: number; total: number; clip: Clip }) =>
      progress.push([done, total, clip.id])
    const broken = table('c.csv', '1\n')
    const { skipped } = await source.prepare([...clips, broken], { onProgress, skipBroken: true })
    expect(skipped.map(({ clip }) => clip.id)).toEqual(['c.csv'])
    expect(progress).toEqual([
      [1, 3, 'a.csv'],
      [2, 3, 'b.csv'],
      [3, 3, 'c.csv'],
    ])
    expect([...source.batch(clips, 'uniform')]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(source.see(clips, Rng.of(1))).toEqual({ pixels: source.batch(clips, Rng.of(1)), items: clips })
    expect(source.items(clips)).toBe(clips)
    expect(source.glimpse(clips[1])).toEqual({ values: Float32Array.of(5, 6, 7, 8) })
    expect(source.glimpse(broken)).toEqual({ values: new Float32Array() })
    await expect(source.prepare(clips, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    })
    source.close()
  })
})
