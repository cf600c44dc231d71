import { type RunHooks, unwatched } from '../runs/hooks.ts'
import { lineTeller } from './lines.ts'

/** Shorter runs are told by what they return alone. Milliseconds. */
const QUIET = 2000

/** The hooks of work in code: what happens is told on stderr once it takes over two seconds, unless `onEvent` hears it. */
export function inCode(
  hooks: Partial<RunHooks> = {},
  stderr = (text: string): void => void process.stderr.write(text),
): RunHooks {
  const { signal, clock } = { ...unwatched(), ...hooks }
  return { signal, clock, onEvent: hooks.onEvent ?? patient(clock, stderr) }
}

function patient(clock: () => number, stderr: (text: string) => void): RunHooks['onEvent'] {
  const start = clock()
  return lineTeller({
    now: clock,
    stderr: text => {
      if (clock() - start >= QUIET) stderr(text)
    },
  })
}
