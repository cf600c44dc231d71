import type { Clock } from '../play/roles.ts'
import type { Hire } from './crew.ts'
import type { OnEvent } from './events.ts'

/** Who may end a run, who hears it, and by which clock. */
export interface RunHooks {
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly onEvent: OnEvent
  /** Finds processes that do units; without it the run's own does them all. */
  readonly hire?: Hire
}

/** Of work in code that nobody ends or listens to. */
export function unwatched(): RunHooks {
  return {
    signal: new AbortController().signal,
    clock: () => performance.timeOrigin + performance.now(),
    onEvent: () => undefined,
  }
}
