import { fuzzing } from './suite.ts'

await fuzzing(10_000, 3_600_000)
