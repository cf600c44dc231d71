import { fuzzing } from './suite.ts'

fuzzing(60, 60_000)
