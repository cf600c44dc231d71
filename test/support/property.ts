import * as fc from 'fast-check'
import { test } from 'vitest'

/**
 * Properties see the same inputs in every run of `npm test`: a change that breaks one is to blame for it. To look for
 * new counterexamples: LAYERGYM_PROPERTY_RUNS=2000 npm test, which draws as many from a seed of the day.
 */
const runs = process.env.LAYERGYM_PROPERTY_RUNS
fc.configureGlobal(runs === undefined ? { seed: 1 } : { numRuns: Number(runs) })

/** A test of what holds for whatever is drawn. Importing `@fast-check/vitest` instead would take 2.5 s a file. */
export function property<T extends [unknown, ...unknown[]]>(
  arbitraries: { readonly [K in keyof T]: fc.Arbitrary<T[K]> },
  parameters: { readonly numRuns?: number } = {},
) {
  const drawn = fc.tuple<T>(...(arbitraries as { [K in keyof T]: fc.Arbitrary<T[K]> }))
  return (name: string, holds: (...values: T) => unknown, timeout?: number) =>
    test(
      name,
      () =>
        fc.assert(
          fc.asyncProperty(drawn, async values => (await holds(...values)) !== false),
          parameters,
        ),
      timeout,
    )
}

export { fc }
