import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import type { Clip, Splits } from '../../src/data/dataset.ts'
import { type Glimpse, lookalikes, lookalikeWords } from '../../src/data/lookalikes.ts'

const SHAPE = [48, 64, 3] as const

/** A picture of a few soft blobs, from its seed. */
function picture(seed: number): Uint8Array {
  const rng = Rng.of(seed)
  const blobs = Array.from({ length: 6 }, () => [64 * rng.next(), 48 * rng.next(), 200 * rng.next()])
  return Uint8Array.from({ length: 48 * 64 * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % 64, Math.floor(i / 192)]
    const light = blobs.reduce(
      (sum, [bx, by, high]) => sum + high * Math.exp(-((x - bx) ** 2 + (y - by) ** 2) / 150),
      20,
    )
    return Math.min(255, light)
  })
}

/** Compressed, and brighter. */
const again = (frame: Uint8Array, seed: number) => {
  const rng = Rng.of(seed)
  return frame.map(value => Math.min(255, value + 5 + rng.int(3)))
}

const clips = new Map<string, Glimpse>()
function clip(id: string, ...frames: readonly Uint8Array[]): Clip {
  clips.set(id, { frames, shape: SHAPE })
  return { id, path: id, label: 'x' } as unknown as Clip
}
const glimpse = ({ id }: Clip) => clips.get(id) as Glimpse
const splits = (parts: Partial<Splits>): Splits => ({ train: [], probe: [], reward: [], test: [], ...parts })
const ids = (of: Splits) =>
  lookalikes(of, glimpse).map(({ clip: one, split, other }) => [one.id, split, other.id])

const moments = (seed: number) => [picture(seed), picture(seed + 1), picture(seed + 2)]

describe('the same content on both sides of a split', () => {
  const train = [clip('a', ...moments(1)), clip('b', ...moments(11))]

  test('stored twice, it is found: in test and in reward', () => {
    const copy = clip('copy', ...moments(11).map((frame, i) => again(frame, i)))
    const other = clip('other', ...moments(21))
    expect(ids(splits({ train, reward: [other], test: [copy] }))).toEqual([['copy', 'test', 'b']])
    expect(ids(splits({ train, reward: [copy], test: [other] }))).toEqual([['copy', 'reward', 'b']])
    expect(ids(splits({ probe: train, test: [copy] }))).toEqual([['copy', 'test', 'b']])
    expect(ids(splits({ train: [other], reward: [copy], test: [train[1]] }))).toEqual([['b', 'test', 'copy']])
  })

  test('one moment alike is not enough, nor is the same content twice in one split', () => {
    const begins = clip('begins', picture(1), picture(101), picture(102))
    expect(ids(splits({ train, test: [begins] }))).toEqual([])
    expect(ids(splits({ train: [train[0], train[0]], test: [train[1], train[1]] }))).toEqual([])
  })

  test('two clips of a fixed camera are two, though each moment looks like the other', () => {
    const scene = picture(7)
    const shown = (at: number) =>
      scene.map((value, i) => ((Math.floor(i / 3) % 64) >> 3 === at ? value ^ 8 : value))
    const [one, two] = [clip('one', shown(1), shown(2), shown(3)), clip('two', shown(4), shown(5), shown(6))]
    expect(ids(splits({ train: [one], test: [two] }))).toEqual([])
    expect(ids(splits({ train: [one], test: [clip('same', shown(1), shown(2), shown(3))] }))).toHaveLength(1)
  })

  test('pictures of one colour say nothing', () => {
    const flat = () => new Uint8Array(48 * 64 * 3).fill(90)
    expect(ids(splits({ train: [clip('dark', flat())], test: [clip('night', flat())] }))).toEqual([])
  })

  test('smaller than a thumbnail, they are compared all the same', () => {
    const small = Uint8Array.from({ length: 64 }, (_, i) => (i * 37) % 251)
    for (const id of ['s', 't']) clips.set(id, { frames: [small], shape: [8, 8, 1] })
    const [s, t] = ['s', 't'].map(id => ({ id }) as Clip)
    expect(ids(splits({ train: [s], test: [t] }))).toEqual([['t', 'test', 's']])
  })

  test('sequences are the same where their numbers are', () => {
    clips.set('one', { values: Float32Array.of(1, 2, 3) })
    clips.set('two', { values: Float32Array.of(1, 2, 3) })
    clips.set('three', { values: Float32Array.of(1, 2, 4) })
    const [one, two, three] = ['one', 'two', 'three'].map(id => ({ id }) as Clip)
    expect(ids(splits({ train: [one], test: [two, three] }))).toEqual([['two', 'test', 'one']])
  })

  test('it is said in a sentence that names some', () => {
    const copies = [1, 2, 3, 4].map(n => clip(`copy-${n}`, ...moments(1)))
    const found = lookalikes(splits({ train, reward: [copies[0]], test: copies.slice(1) }), glimpse)
    expect(lookalikeWords(found)).toBe(
      'The same content is on both sides of a split in 4 cases (3 of them in test, whose score will be too high): ' +
        'copy-1 and a, copy-2 and a, copy-3 and a and 1 more. Give such clips one group (--group-column), or leave one out.',
    )
    expect(lookalikeWords([])).toBeUndefined()
  })
})
