import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Clip, Splits } from '../../src/data/dataset.ts'
import { recall, remember } from '../../src/data/memory.ts'
import { temporaryFolder } from './fixtures.ts'

const none: Splits = { train: [], probe: [], reward: [], test: [] }

function clipsIn(dir: string, names: string): Clip[] {
  return [...names].map(name => {
    const path = join(dir, name)
    writeFileSync(path, `content of ${name}`)
    return { id: name, path, label: 'x' }
  })
}

describe('memory', () => {
  test('knows in which split each clip was, whatever it is called now; test clips are new', async () => {
    const dir = temporaryFolder()
    const [a, b, c, d] = clipsIn(dir, 'abcd')
    const memory = await remember({ train: [a], probe: [b], reward: [c], test: [d] })
    expect(memory.train).toEqual([expect.stringMatching(/^[\da-f]{16}$/)])
    mkdirSync(join(dir, 'moved'))
    const moved = [a, b, c, d].map(clip => {
      const path = join(dir, 'moved', `${clip.id}.mp4`)
      renameSync(clip.path, path)
      return { id: path, path, label: 'other' }
    })
    const seen = await recall(memory, moved)
    expect(moved.map(clip => seen.get(clip))).toEqual(['train', 'probe', 'reward', undefined])
  })

  test('goes through JSON and keeps what was seen before', async () => {
    const dir = temporaryFolder()
    const [a, b, c] = clipsIn(dir, 'abc')
    const first = await remember({ ...none, train: [a], reward: [b] })
    const second = await remember({ ...none, train: [b, a] }, JSON.parse(JSON.stringify(first)))
    expect(second.train).toHaveLength(2)
    expect(second.reward).toEqual(first.reward)
    expect([...(await recall(second, [a, b, c])).keys()]).toEqual([a, b])
  })

  test.each([
    [{ start: 1, end: 2 }, { start: 1, end: 2 }, true],
    [{ start: 1, end: 2 }, { start: 1.5, end: 3 }, true],
    [{ start: 1, end: 2 }, { start: 2, end: 3 }, false],
    [{ start: 1, end: 2 }, { end: 1 }, false],
    [{ start: 1 }, { start: 5, end: 6 }, true],
    [{ start: 1, end: 2 }, {}, true],
    [{}, { start: 7 }, true],
  ])('seen %j, given %j of the same file', async (trained, given, expected) => {
    const [clip] = clipsIn(temporaryFolder(), 'a')
    const memory = await remember({ ...none, train: [{ ...clip, ...trained }] })
    const piece = { ...clip, ...given }
    expect((await recall(memory, [piece])).has(piece)).toBe(expected)
  })

  test('a copy is seen, a file that is gone is new', async () => {
    const dir = temporaryFolder()
    const [a, b] = clipsIn(dir, 'ab')
    const memory = await remember({ ...none, train: [a, b] })
    const copy = { ...a, path: join(dir, 'copy') }
    copyFileSync(a.path, copy.path)
    rmSync(b.path)
    expect([...(await recall(memory, [copy, b])).keys()]).toEqual([copy])
  })
})
