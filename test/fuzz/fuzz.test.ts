import { fuzzing } from './suite.ts'

/** Of each kind; more with LAYERGYM_FUZZ_ATTACKS=500. */
const attacks = Number(process.env.LAYERGYM_FUZZ_ATTACKS ?? 60)

await fuzzing(attacks, 1000 * attacks)
