import type { Clock } from '../play/roles.ts'
import type { Origin } from './origin.ts'
import type { Emit, RunConfig } from './run-config.ts'

/** A unit as data: with the run's kind and settings, all that another process needs to do it. */
export interface Order {
  readonly key: string
  /** What the settings don't say: a policy, a trial. Of what `encode` keeps. */
  readonly input?: unknown
  /** Orders of one group share what is made for the first of them, so one process does them where it can. */
  readonly group?: string
}

/** What an order came to in another process. */
export interface Made {
  readonly outcome: unknown
  readonly digest: string
  readonly records: readonly unknown[]
}

/** Processes that do a run's units. */
export interface Crew {
  /** Orders that are done at once. */
  readonly size: number
  /** @throws what the unit threw there; interrupted when the signal says so */
  perform(order: Order, emit: (event: Parameters<Emit>[0]) => void): Promise<Made>
  /** Ends the processes, and takes back what nobody has done. */
  close(): Promise<void>
}

/** The run that a crew is for. */
export interface Site {
  readonly kind: string
  /** As it was resolved: engine and threads included. */
  readonly config: RunConfig
  readonly origin: Origin
  readonly dir: string
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly emit: Emit
}

/** Undefined where the run is better done in its own process alone. */
export type Hire = (site: Site) => Promise<Crew | undefined>
