import type { Agent } from '../../agents/agent.ts'

export type GroupAgent = Agent<unknown, unknown>

/** Milliseconds, from whatever clock the caller has. */
export type Clock = () => number

/** Since a clock said `start`; none where it was put back meanwhile. */
export function secondsSince(start: number, clock: Clock): number {
  return Math.max(0, (clock() - start) / 1000)
}
