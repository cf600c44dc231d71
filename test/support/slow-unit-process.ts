import { setTimeout as pause } from 'node:timers/promises'
import { serveUnits } from '../../src/runner/workers/serve.ts'
import { toyUnits } from './toy-units.ts'

// A process whose first composing takes for ever, until it is told to stop.
let tries = 0
serveUnits(async () => {
  return {
    ...toyUnits,
    async hands(config, context) {
      if (tries++ === 0) await pause(2 ** 30, undefined, { signal: context.signal })
      return (toyUnits.hands as NonNullable<typeof toyUnits.hands>)(config as never, context)
    },
  } as never
})
