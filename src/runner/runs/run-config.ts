import type { RunEvent } from './events.ts'

/** What every kind of run is configured with. */
export interface RunConfig {
  readonly out?: string
  readonly overwrite: boolean
  /** The part of the units that this process does, as in 1/2; all where there is none. */
  readonly shard?: string
  /** Processes that do the units; default: as many as the machine has cores for. */
  readonly workers?: number
  /** Where the units are fetched by processes of other machines too. */
  readonly queue?: string
  /** Percent of the units that are done twice, and compared. */
  readonly verify?: number
  /** Figures for other tools. */
  readonly log?: readonly ('tensorboard' | 'csv')[]
}

/** Tells what happens: people now, and the log of a run for good. `unit`: what it is of, where it is of one. */
export type Emit = (event: RunEvent, unit?: string) => void
