import type { Command } from 'commander'
import { parseConfig } from '../common/settings.ts'
import { reportSchema } from '../runner/jobs/benchmark/joined/settings.ts'
import { type Io, printResult } from './command.ts'
import { addSchemaOptions, readSettings } from './options.ts'

/** `layergym report`: runs of layergym and of other tools, compared. */
export function reportCommand(program: Command, io: Io): void {
  const command = program
    .command('report')
    .description("compare runs that are there already: layergym's, Stable-Baselines3's, CleanRL's, a table's")
  addSchemaOptions(command, reportSchema).action(async (options: Record<string, unknown>) => {
    const settings = parseConfig(reportSchema, await readSettings(options))
    const { report, reportWords } = await import('../runner/jobs/benchmark/joined/report.ts')
    printResult(io, options, await report(settings), reportWords)
  })
}
