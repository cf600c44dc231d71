import { expect, test } from 'vitest'
import { withinMemory } from '../../src/models/out-of-memory.ts'

const thrown = (message: string) => () => {
  throw new Error(message)
}

test('an engine whose memory is too small says so, and what would fit', () => {
  const oom =
    'OOM when allocating tensor with shape[128,96,48,48] and type float on GPU:0 by allocator GPU_0_bfc\nmore'
  expect(() => withinMemory(16, thrown(oom))).toThrow(
    /too small for 16 clips at once: take --batch-size 8, a smaller --size or fewer --frames \(TensorFlow says: OOM[^\n]*\)$/,
  )
  expect(() => withinMemory(1, thrown('CUDA_ERROR: out of memory'))).toThrow(/at once: take a smaller --size/)
})

test('other errors stay what they are, and results too', () => {
  expect(() => withinMemory(2, thrown('shapes differ'))).toThrow(/^shapes differ$/)
  expect(withinMemory(2, () => 3)).toBe(3)
})
