import type { Command } from 'commander'
import { tabulateSchema } from '../runner/jobs/tabulate/config.ts'
import type { Io } from './command.ts'
import { addRun } from './watched.ts'

/** `layergym tabulate`: every course of a short run, kept as a table. */
export function tabulateCommand(program: Command, io: Io): void {
  addRun(program, io, {
    kind: 'tabulate',
    description:
      'play every course that a short run of fine-tuning can take, and keep what it comes to as a table and an environment',
    schema: tabulateSchema,
  })
}
