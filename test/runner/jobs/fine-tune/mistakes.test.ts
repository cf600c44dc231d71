import { expect, test } from 'vitest'
import { pngDataUri } from '../../../../src/data/png-encoder.ts'
import { mistakesOf, thumbnailsOf } from '../../../../src/runner/jobs/fine-tune/mistakes.ts'
import { classTask } from '../../../support/tasks.ts'

type Composition = Parameters<typeof thumbnailsOf>[1]

const clip = (id: string, label: string) => ({ id, path: `/${id}`, label })
const clips = [clip('a', 'x'), clip('b', 'y'), clip('c', 'x'), clip('d', 'y')]
const task = classTask(['x', 'y'])

test('those that are wrong, the surest first', () => {
  const predictions = [
    [0.75, 0.25],
    [0.625, 0.375],
    [0.125, 0.875],
    [0.25, 0.75],
  ].map(([x, y]) => ({ label: Number(y > x), probabilities: Float32Array.of(x, y) }))
  const targets = clips.map(one => task.target(one))
  expect(mistakesOf(clips, task, { predictions, targets })).toEqual([
    { clip: 'c', label: 'x', predicted: 'y', probability: 0.875 },
    { clip: 'b', label: 'y', predicted: 'x', probability: 0.625 },
  ])
})

test('of a task that calls nothing wrong there are none', () => {
  const silent = { ...task, mistake: undefined }
  expect(mistakesOf(clips, silent, { predictions: clips, targets: clips })).toEqual([])
})

test('a thumbnail is the clip’s middle frame; of other than grey and RGB, and of sequences, there is none', () => {
  const wrong = { clip: 'c', label: 'x', predicted: 'y', probability: 0.9 }
  // [3 frames, 1, 2, 3 channels]
  const pixels = ([{ id }]: readonly { readonly id: string }[]) =>
    Uint8Array.from({ length: 18 }, (_, i) => (id === 'c' ? 100 : 0) + i)
  const of = (channels: number, read: Composition['pixels'] = pixels) =>
    thumbnailsOf([wrong, { ...wrong, clip: 'gone' }], {
      splits: { test: clips },
      pixels: read,
      format: { frames: 3, size: [1, 2], channels },
    } as unknown as Composition)
  expect([...of(3)]).toEqual([['c', pngDataUri(Uint8Array.of(106, 107, 108, 109, 110, 111), [1, 2, 3])]])
  expect(of(4).size).toBe(0)
  expect(of(1, () => new Float32Array(6)).size).toBe(0)
})
