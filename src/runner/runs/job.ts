import type { z } from 'zod'
import type { Clock } from '../play/roles.ts'
import type { Crew, Order } from './crew.ts'
import type { RunEvent } from './events.ts'
import type { Origin } from './origin.ts'
import type { Emit, RunConfig } from './run-config.ts'
import type { Done, Saved } from './units.ts'

export type { Emit, RunConfig } from './run-config.ts'

/**
 * A kind of run: how it is configured, what its units are, and what they come to.
 * @typeParam Outcomes all that the summary is made of
 */
export interface JobKind<Config extends RunConfig, Outcomes, Summary> {
  readonly id: string
  readonly schema: z.ZodObject
  /** Whether its units do so: then a run's log of figures has none for TensorBoard. */
  readonly writesTensorBoard?: boolean
  /** Refuses everything that can be refused, before a folder exists; resolves what is left open. */
  prepare(config: Config, context: Preparing): Promise<Plan<Config, Outcomes>>
  /** What another process does the units of such a run with; without it, they are all done where the run is. */
  hands?(config: Config, context: Handing): Promise<Hands>
  /** What to go on with, where a folder's run is just the one that is asked for; undefined where it is another. */
  joins?(begun: Config, given: Config): Promise<Config | undefined>
  summarize(outcomes: Outcomes, facts: Facts): Summary
  /** A page of it; `outcomes` for what a summary doesn't hold: pictures. */
  report(summary: Summary, outcomes: Outcomes): string
  /** The summary for people, on a terminal. */
  words(summary: Summary): string
  /** What `--json` prints where that isn't the summary itself. */
  answer?(conclusion: Conclusion<Outcomes, Summary>): unknown
}

/** Does units of a run in another process than the run's. */
export interface Hands {
  /** The unit of that key, as the run made it. @param input what its order says besides */
  unit(key: string, input: unknown): Unit<unknown>
  close?(): void
}

export interface Handing {
  readonly clock: Clock
  /** The run's folder, or one whose files are brought there. */
  readonly dir: string
  readonly signal: AbortSignal
  readonly emit: Emit
}

export interface Preparing {
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly emit: Emit
  /** The settings as they were given, without defaults. */
  readonly given: Readonly<Record<string, unknown>>
  /** Of a run that goes on. */
  readonly begun?: {
    readonly dir: string
    /** Keys of the units that are done. */
    readonly done: readonly string[]
    /** How many records a unit has. */
    records(unit: string): Promise<number>
  }
}

/** A run that can begin. */
export interface Plan<Config, Outcomes> {
  /** With everything that was left open. */
  readonly config: Config
  readonly origin: Origin
  /** What lies in the folder from the beginning on, by name. */
  readonly files?: Readonly<Record<string, string>>
  /** Does the units. How many are done, where the others are another process's part. */
  work(run: Running): Promise<Outcomes | Partly>
  close?(): void
}

export class Partly {
  constructor(
    readonly done: number,
    readonly of: number,
  ) {}
}

/** Done once, anywhere. */
export interface Unit<Outcome> {
  /** Of names and numbers, `/` between them. */
  readonly key: string
  /** What of the outcome is the same in every run of these settings: no time, no path. */
  digest(outcome: Outcome, records: readonly unknown[]): string
  /** Uses what it came to where the run is, once, before that is kept; answers what of it is. */
  taken?(outcome: Outcome, emit: (event: RunEvent) => void): Promise<Outcome>
  /** What is told when it is done. */
  ended?(outcome: Outcome): RunEvent
  /** Where another process may do it, by its kind's hands: what they need besides the key. */
  readonly elsewhere?: Omit<Order, 'key'>
  run(context: UnitContext): Promise<Outcome>
}

export interface UnitContext {
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Told of this unit. */
  readonly emit: (event: RunEvent) => void
  /** Where an earlier process left it. */
  readonly saved?: Saved
  /** Keeps a state to go on from, and appends records: those that are new since the last time. */
  save(state: unknown, records?: readonly unknown[]): Promise<void>
  /** Has other processes do parts of it, so many at once; absent where there are none. */
  readonly crew?: Pick<Crew, 'size' | 'perform'>
}

/** A run that is under way. */
export interface Running {
  readonly dir: string
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly emit: Emit
  /**
   * Does a unit, unless it is done: in another process where there are some, else here, one after the other.
   * @param tolerant a failure of its own is what it came to; else it ends the run
   */
  perform<Outcome>(unit: Unit<Outcome>, tolerant?: boolean): Promise<Done<Outcome>>
  /** Units that are done at once: of those that are asked for together, the others wait for their turn. */
  readonly atOnce: number
  /** What units have come to, here or in other processes; how many are done, where not all are. */
  gather<Outcome>(keys: readonly string[]): Promise<readonly Done<Outcome>[] | Partly>
  write(name: string, content: string | Uint8Array): Promise<string>
}

/** What a run as a whole is. */
export interface Facts {
  readonly runDir: string
  /** SHA-256 over what its units did and learned. */
  readonly hash: string
  readonly origin: Origin
}

/** What a summary says of units that failed. */
export interface FailedUnit {
  readonly unit: string
  readonly cause: string
}

/** How a run ended. */
export interface Conclusion<Outcomes, Summary> {
  readonly dir: string
  /** Absent while other parts are missing: `partly` then says how many there are. */
  readonly summary?: Summary
  readonly partly?: Partly
  /** Where this process did the work: of a run that was finished before, there is the summary alone. */
  readonly outcomes?: Outcomes
}

/** The summary of a run that is never one of several parts. */
export function concluded<Summary>({ summary, dir }: Conclusion<unknown, Summary>): Summary {
  if (summary === undefined) throw new Error(`the run in ${dir} has no summary`)
  return summary
}
