import type { Agent } from '../../agents/agent.ts'

export type GroupAgent = Agent<unknown, unknown>

/** Milliseconds, from whatever clock the caller has. */
export type Clock = () => number
