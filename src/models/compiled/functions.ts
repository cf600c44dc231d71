import { LastUsed, SharedLimit } from '../function/cache.ts'
import type { Fed } from '../function/replay.ts'
import type { TracedFunction } from './traced-function.ts'

interface Made {
  readonly traced: TracedFunction
}

const KEPT = 32

/**
 * On the functions of all executors together: one of a step of 1,700 operations holds some 9 MB, and a policy may be learned
 * on dozens of instances.
 */
export const FUNCTIONS_KEPT = new SharedLimit(96)

/**
 * Functions by signature; several of one where its loss makes other tensors of other targets. What can't be a function
 * is remembered as that: which of the two it is depends on signature and targets alone, never on what came before.
 */
export class Functions<F extends Made> {
  private readonly kept = new LastUsed<F[]>(
    KEPT,
    all => {
      for (const made of all) made.traced.dispose()
    },
    FUNCTIONS_KEPT,
  )

  /** What is found of the functions that are ready, those that were used last first. */
  first<T>(find: (made: F) => T | undefined): T | undefined {
    for (const all of this.kept.entriesLastFirst())
      for (const made of all) {
        const found = find(made)
        if (found !== undefined) return found
      }
    return undefined
  }

  /**
   * The function for a signature and what its losses feed it, made where there is none.
   * @param signature JSON-safe
   */
  for(
    signature: unknown,
    targets: readonly (readonly unknown[])[],
    make: () => F,
  ): { made: F; fed: readonly Fed[] } {
    const key = JSON.stringify(signature)
    const all = this.kept.get(key) ?? this.kept.set(key, [])
    for (const made of all) {
      const fed = made.traced.fed(targets)
      if (fed !== undefined) return { made, fed }
    }
    const made = make()
    const fed = made.traced.fed(targets)
    if (fed === undefined)
      made.traced.refuse(
        new Error('its loss does something else each time that it is given the same targets'),
      )
    all.push(made)
    return { made, fed: fed ?? [] }
  }
}
