import { setTimeout as pause } from 'node:timers/promises'
import type { Handing } from '../../src/runner/runs/job.ts'
import type { RunConfig } from '../../src/runner/runs/run-config.ts'
import { serveUnits } from '../../src/runner/workers/serve.ts'
import { toyUnits } from './toy-units.ts'

/** How often something was composed. */
let tries = 0

// A process whose first composing takes for ever, until it is told to stop.
serveUnits(async () => {
  return {
    ...toyUnits,
    async hands(config: RunConfig, context: Handing) {
      if (tries++ === 0) await pause(2 ** 30, undefined, { signal: context.signal })
      return toyUnits.hands?.(config as never, context)
    },
  } as never
})
