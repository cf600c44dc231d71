import type { Splits } from '../../data/dataset.ts'
import { isMemory, type Memory, recall, remember } from '../../data/memory.ts'

/**
 * What a model will have seen after a run on these splits, and what it had seen when the run began.
 * @param metadata of the model that the run starts from; one that layergym saved remembers
 * @param notice told when this run would test on what that model was trained on
 */
export async function memoryAfter(
  splits: Splits,
  metadata: object | undefined,
  notice: (message: string) => void,
): Promise<Memory> {
  const saved = (metadata as { readonly layergym?: { readonly memory?: unknown } } | undefined)?.layergym
  const before = isMemory(saved?.memory) ? saved.memory : undefined
  if (before !== undefined) {
    const { size } = await recall(before, splits.test)
    if (size > 0) {
      notice(
        `${size} of the ${splits.test.length} test clips were seen by the model that this run starts from: the test score will be too high`,
      )
    }
  }
  return remember(splits, before)
}
