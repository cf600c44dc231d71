import { interrupted } from '../common/error.ts'

/** What `work` makes of each item, in their order; at most `limit` at a time. The first error ends it. */
export async function inParallel<A, B>(
  items: readonly A[],
  work: (item: A, index: number) => Promise<B>,
  { limit, signal }: { readonly limit: number; readonly signal?: AbortSignal },
): Promise<B[]> {
  const results: B[] = new Array(items.length)
  const queue = items.entries()
  let failed = false
  const one = async () => {
    for (const [index, item] of queue) {
      if (failed) return
      if (signal?.aborted) throw interrupted()
      results[index] = await work(item, index).catch(error => {
        failed = true
        throw error
      })
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, one))
  return results
}
