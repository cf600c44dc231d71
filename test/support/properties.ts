import { fc } from '@fast-check/vitest'

/**
 * Properties see the same inputs in every run of `npm test`: a change that breaks one is to blame for it. To look for
 * new counterexamples: LAYERGYM_PROPERTY_RUNS=2000 npm test, which draws as many from a seed of the day.
 */
const runs = process.env.LAYERGYM_PROPERTY_RUNS
fc.configureGlobal(runs === undefined ? { seed: 1 } : { numRuns: Number(runs) })
