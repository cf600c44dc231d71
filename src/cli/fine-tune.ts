import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { LayergymError } from '../common/error.ts'
import { fineTuneSchema } from '../runner/config.ts'
import type { RunHooks } from '../runner/run.ts'
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
    const out = String(settings.out ?? join('runs', stamp(io.now())))
    await watched(io, options, out, async hooks => (await fineTune({ ...settings, out }, hooks)).summary)
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
      await watched(io, options, dir, async hooks => {
        const result = await resumeRun(dir, hooks)
        return 'summary' in result ? result.summary : result
      })
    })
}

/** Shows a run's progress and prints its summary; of one that stops early, how to go on with it. */
async function watched(
  io: Io,
  options: { readonly json?: boolean },
  dir: string,
  work: (hooks: RunHooks) => Promise<FineTuneSummary>,
): Promise<void> {
  const progress = runProgress(io)
  try {
    const summary = await work({ signal: io.signal, clock: io.now, onEvent: progress.onEvent })
    progress.stop()
    printResult(io, options, summary, summaryWords)
  } catch (error) {
    progress.stop()
    const isInput = error instanceof LayergymError && error.kind === 'input'
    if (!isInput && existsSync(join(dir, 'config.json'))) io.stderr(`to go on: layergym resume ${dir}\n`)
    throw error
  } finally {
    progress.stop()
  }
}

/** 2026-11-25T02-30-00, sortable and fit for a folder's name. */
function stamp(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')
}
