import { serveUnits } from '../workers/serve.ts'
import { jobKind } from './kinds.ts'

// What a process runs that does units of whatever kind for another one.
serveUnits(jobKind)
