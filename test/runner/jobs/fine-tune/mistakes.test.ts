import { expect, test } from 'vitest'
import type { Trainee } from '../../../../src/models/trainee.ts'
import { mistakesOf, thumbnailsOf } from '../../../../src/runner/jobs/fine-tune/mistakes.ts'
import { pngDataUri } from '../../../../src/runner/report/png.ts'

type Composition = Parameters<typeof mistakesOf>[1]

const clip = (id: string, label: string) => ({ id, path: `/${id}`, label })
const clips = [clip('a', 'x'), clip('b', 'y'), clip('c', 'x'), clip('d', 'y')]
const composition = {
  splits: { test: clips },
  dataset: { classes: ['x', 'y'] },
  label: ({ label }: { label: string }) => ['x', 'y'].indexOf(label),
} as unknown as Composition

test('those that are wrong, the surest first', () => {
  const probabilities = () => Float32Array.of(0.75, 0.25, 0.625, 0.375, 0.125, 0.875, 0.25, 0.75)
  expect(mistakesOf({ probabilities } as unknown as Trainee, composition)).toEqual([
    { clip: 'c', label: 'x', predicted: 'y', probability: 0.875 },
    { clip: 'b', label: 'y', predicted: 'x', probability: 0.625 },
  ])
})

test('a thumbnail is the clip’s middle frame; of other than grey and RGB there is none', () => {
  const wrong = { clip: 'c', label: 'x', predicted: 'y', probability: 0.9 }
  // [3 frames, 1, 2, 3 channels]
  const pixels = ([{ id }]: readonly { readonly id: string }[]) =>
    Uint8Array.from({ length: 18 }, (_, i) => (id === 'c' ? 100 : 0) + i)
  const of = (channels: number) =>
    thumbnailsOf([wrong, { ...wrong, clip: 'gone' }], {
      ...composition,
      pixels,
      format: { frames: 3, size: [1, 2], channels },
    } as unknown as Composition)
  expect([...of(3)]).toEqual([['c', pngDataUri(Uint8Array.of(106, 107, 108, 109, 110, 111), [1, 2, 3])]])
  expect(of(4).size).toBe(0)
})
