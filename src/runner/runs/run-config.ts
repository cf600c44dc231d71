import type { RunEvent } from './events.ts'

/** What every kind of run is configured with; `undefined` is as good as nothing, as schemas leave it. */
export interface RunConfig {
  readonly out?: string | undefined
  readonly overwrite: boolean
  /** The part of the units that this process does, as in 1/2; all where there is none. */
  readonly shard?: string | undefined
  /** Processes that do the units; default: as many as the machine has cores for. */
  readonly workers?: number | undefined
  /** Where the units are fetched by processes of other machines too. */
  readonly queue?: string | undefined
  /** Percent of the units that are done twice, and compared. */
  readonly verify?: number | undefined
  /** Figures for other tools. */
  readonly log?: readonly ('tensorboard' | 'csv')[] | undefined
}

/** Tells what happens: people now, and the log of a run for good. `unit`: what it is of, where it is of one. */
export type Emit = (event: RunEvent, unit?: string) => void
