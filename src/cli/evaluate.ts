import type { Command } from 'commander'
import { z } from 'zod'
import { ENGINES } from '../models/engine-names.ts'
import { parseConfig } from '../runner/config.ts'
import { percent } from '../runner/report/format.ts'
import { type Io, printResult } from './command.ts'
import { addSchemaOptions, readSettings } from './options.ts'
import { runProgress } from './progress.ts'

const evaluateSchema = z.strictObject({
  model: z.string().describe('fine-tuned model: the model folder of a run'),
  data: z.string().describe('clips, as for fine-tune'),
  split: z.enum(['train', 'probe', 'reward', 'test', 'all']).default('test').describe('which clips'),
  groupColumn: z.string().optional().describe('manifest column that keeps recordings together'),
  skipBroken: z.boolean().default(false).describe('leave out clips that cannot be decoded'),
  engine: z
    .enum(['auto', ...ENGINES])
    .default('auto')
    .describe('what computes'),
  cache: z.string().optional().describe('folder for decoded clips'),
})

/** `layergym evaluate`: how a fine-tuned model does on a split. */
export function evaluateCommand(program: Command, io: Io): void {
  const command = program.command('evaluate').description('score a fine-tuned model on a split of a dataset')
  addSchemaOptions(command, evaluateSchema).action(async (options: Record<string, unknown>) => {
    const settings = parseConfig(evaluateSchema, await readSettings(options))
    const { evaluateModel } = await import('../runner/apply.ts')
    const progress = runProgress(io)
    const result = await evaluateModel({ ...settings, signal: io.signal, onEvent: progress.onEvent }).finally(
      progress.stop,
    )
    printResult(io, options, result, ({ accuracy, balancedAccuracy, loss, clips, perClass }) =>
      [
        `${clips} clips: accuracy ${percent(accuracy)}, balanced ${percent(balancedAccuracy)}, loss ${loss.toFixed(3)}`,
        ...perClass.map(
          c =>
            `  ${c.label}: recall ${percent(c.recall)}, precision ${percent(c.precision)}, ${c.clips} clips`,
        ),
      ].join('\n'),
    )
  })
}
