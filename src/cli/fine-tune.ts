import { join } from 'node:path'
import type { Command } from 'commander'
import { fineTuneSchema } from '../runner/config.ts'
import type { Io } from './command.ts'
import { addSchemaOptions, readSettings } from './options.ts'
import { summaryWords } from './summary-words.ts'
import { stamp, watched } from './watched.ts'

/** `layergym fine-tune`: agents fine-tune a model on clips, baselines beside them, a report at the end. */
export function fineTuneCommand(program: Command, io: Io): void {
  const command = program
    .command('fine-tune')
    .description(
      'fine-tune a pretrained network on clips by RL over its layer groups, and say what it was worth',
    )
  addSchemaOptions(command, fineTuneSchema).action(async (options: Record<string, unknown>) => {
    const settings = await readSettings(options)
    const { fineTune } = await import('../runner/fine-tune.ts')
    const out = String(settings.out ?? join('runs', stamp(io.now())))
    await watched(io, options, out, summaryWords, async hooks => {
      return (await fineTune({ ...settings, out }, hooks)).summary
    })
  })
}
