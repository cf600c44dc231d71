import type { Clock } from '../play/roles.ts'
import type { OnEvent } from './events.ts'

export interface RunHooks {
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly onEvent: OnEvent
}
