import { failure, messageOf } from '../common/error.ts'

/** TensorFlow's words on CPUs and on GPUs, and cuDNN's. */
const OUT_OF_MEMORY = /OOM when allocating|RESOURCE_EXHAUSTED|out of memory|failed to allocate memory/i

export function isOutOfMemory(error: unknown): boolean {
  return OUT_OF_MEMORY.test(messageOf(error))
}

/** @throws failure `engine.memory` that says what would fit, where the engine's memory is too small for so many clips */
export function withinMemory<T>(clips: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!isOutOfMemory(error)) throw error
    const smaller = clips > 1 ? `--batch-size ${Math.floor(clips / 2)}, ` : ''
    throw failure(
      'engine.memory',
      `the engine's memory is too small for ${clips} clips at once: take ${smaller}a smaller --size or fewer --frames ` +
        `(TensorFlow says: ${messageOf(error).split('\n')[0]})`,
      { cause: error },
    )
  }
}
