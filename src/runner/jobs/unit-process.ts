import { serveUnits } from '../workers/serve.ts'
import { jobKind, type KindId } from './kinds.ts'

// What a process runs that does units of whatever kind for another one.
serveUnits(id => jobKind(id as KindId))
