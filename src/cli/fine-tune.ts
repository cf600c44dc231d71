import { join } from 'node:path'
import type { Command } from 'commander'
import { fineTuneSchema } from '../runner/config.ts'
import type { FineTuneSummary } from '../runner/summary.ts'
import { type Io, printResult } from './command.ts'
import { addSchemaOptions, readSettings } from './options.ts'
import { runProgress } from './progress.ts'
import { summaryWords } from './summary-words.ts'

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
    const out = settings.out ?? join('runs', stamp(io.now()))
    const progress = runProgress(io)
    try {
      const hooks = { signal: io.signal, clock: io.now, onEvent: progress.onEvent }
      const { summary } = await fineTune({ ...settings, out }, hooks).catch(error => {
        progress.stop()
        if (io.signal.aborted) io.stderr(`to go on: layergym resume ${String(out)}\n`)
        throw error
      })
      progress.stop()
      printResult(io, options, summary, summaryWords)
    } finally {
      progress.stop()
    }
  })
}

/** `layergym resume`: an interrupted run goes on, to the same end as an uninterrupted one. */
export function resumeCommand(program: Command, io: Io): void {
  program
    .command('resume <dir>')
    .description('finish an interrupted run')
    .option('--json', 'print the result as JSON, alone, on stdout')
    .action(async (dir: string, options: { json?: boolean }) => {
      const { resumeRun } = await import('../runner/fine-tune.ts')
      const progress = runProgress(io)
      try {
        const hooks = { signal: io.signal, clock: io.now, onEvent: progress.onEvent }
        const result = await resumeRun(dir, hooks)
        progress.stop()
        const summary: FineTuneSummary = 'summary' in result ? result.summary : result
        printResult(io, options, summary, summaryWords)
      } finally {
        progress.stop()
      }
    })
}

/** 2026-11-25T02-30-00, sortable and fit for a folder's name. */
function stamp(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')
}
