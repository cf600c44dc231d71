import type { Command } from 'commander'
import { learnPolicySchema } from '../runner/jobs/learn-policy/config.ts'
import type { Io } from './command.ts'
import { addRun } from './watched.ts'

/** `layergym learn-policy`: one policy over many instances, to be applied to others. */
export function learnPolicyCommand(program: Command, io: Io): void {
  addRun(program, io, {
    kind: 'learn-policy',
    description:
      'learn one policy over many instances (datasets, models), to be applied to others without learning',
    schema: learnPolicySchema,
  })
}
