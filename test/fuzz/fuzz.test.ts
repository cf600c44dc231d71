import { fuzzing } from './suite.ts'

await fuzzing(60, 60_000)
