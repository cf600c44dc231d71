import type { Command } from 'commander'
import { trainSchema } from '../runner/jobs/train/config.ts'
import type { Io } from './command.ts'
import { addRun } from './watched.ts'

/** `layergym train`: an agent learns in an environment, and is evaluated greedily at the end. */
export function trainCommand(program: Command, io: Io): void {
  addRun(program, io, {
    kind: 'train',
    description: 'let an agent learn in an environment, and evaluate what it learned',
    schema: trainSchema.omit({ listeners: true }),
  })
}
