import type { Command } from 'commander'
import { fineTuneSchema } from '../runner/instances/config.ts'
import type { Io } from './command.ts'
import { addRun } from './watched.ts'

/** `layergym fine-tune`: agents fine-tune a model on clips, baselines beside them, a report at the end. */
export function fineTuneCommand(program: Command, io: Io): void {
  addRun(program, io, {
    kind: 'fine-tune',
    description:
      'fine-tune a pretrained network on clips by RL over its layer groups, and say what it was worth',
    schema: fineTuneSchema,
  })
}
