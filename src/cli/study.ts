import type { Command } from 'commander'
import { studySchema } from '../runner/jobs/study/config.ts'
import type { Io } from './command.ts'
import { addRun } from './watched.ts'

/** `layergym study`: schedules, policies, searches and agents on many instances, under one accounting of cost. */
export function studyCommand(program: Command, io: Io): void {
  addRun(program, io, {
    kind: 'study',
    description:
      'compare ways of fine-tuning (schedules, learned policies, searches, agents) on many instances',
    schema: studySchema,
  })
}
