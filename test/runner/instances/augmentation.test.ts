import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import type { Clip } from '../../../src/data/dataset.ts'
import type { FrameSampling } from '../../../src/data/source.ts'
import { classification } from '../../../src/models/tasks/classification.ts'
import { augmentationOf, augmentedBy } from '../../../src/runner/instances/augmentation.ts'

const definition = classification('scenes', 'a label a clip')
const uniform = { sampling: 'uniform', task: 'scenes' } as const

describe('what --augment names', () => {
  test('nothing, names, and what suits the task', () => {
    expect(augmentationOf({ ...uniform, augment: [] }, definition)).toEqual({})
    expect(augmentationOf({ ...uniform, augment: ['flip'] }, definition)).toEqual({ flip: 0.5 })
    expect(augmentationOf({ ...uniform, augment: ['preset', 'erasing:0'] }, definition)).toEqual({
      resizedCrop: [0.5, 1],
      colour: 0.4,
      erasing: 0,
    })
  })

  test('random segments are one of them, by whichever name', () => {
    const sampled = augmentationOf({ ...uniform, sampling: 'random-segment', augment: [] }, definition)
    expect(sampled).toEqual({ temporalJitter: true })
    expect(augmentationOf({ ...uniform, augment: ['temporal-jitter'] }, definition)).toEqual(sampled)
  })

  test('a task without a preset says so', () => {
    const { augmentation: _, ...bare } = definition
    expect(() => augmentationOf({ ...uniform, augment: ['preset'] }, bare)).toThrow(
      "the task 'scenes' has no preset of augmentations",
    )
  })
})

describe('batches', () => {
  const seen: FrameSampling[] = []
  const source = {
    kind: 'pixels' as const,
    shape: [1, 2, 2, 1] as const,
    see(items: readonly Clip[], sampling: FrameSampling) {
      seen.push(sampling)
      return { pixels: Uint8Array.from({ length: 4 * items.length }, (_, i) => i), items }
    },
  }
  const clips = [{ id: 'a', path: 'a', label: 'x' }]

  test('are changed, and read at random moments where that is meant', () => {
    const rng = Rng.of(1)
    const flipped = augmentedBy({ flip: 1 }, source)?.(clips, rng)
    expect([...(flipped?.pixels ?? [])]).toEqual([1, 0, 3, 2])
    expect(flipped?.items).toEqual(clips)
    augmentedBy({ temporalJitter: true }, source)?.(clips, rng)
    expect(seen).toEqual(['uniform', rng])
  })

  test('are as they lie in the cache where nothing is named', () => {
    expect(augmentedBy({}, source)).toBeUndefined()
  })
})
