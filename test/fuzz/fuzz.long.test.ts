import { fuzzing } from './suite.ts'

fuzzing(10_000, 3_600_000)
