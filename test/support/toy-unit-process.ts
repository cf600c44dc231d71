import { serveUnits } from '../../src/runner/workers/serve.ts'
import { toyUnits } from './toy-units.ts'

// What toy workers' processes run.
serveUnits(async () => toyUnits as never)
