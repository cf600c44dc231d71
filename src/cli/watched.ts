import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { z } from 'zod'
import { LayergymError } from '../common/error.ts'
import type { RunHooks } from '../runner/runs/hooks.ts'
import { type Io, printResult } from './command.ts'
import { addSchemaOptions, readSettings } from './options.ts'
import { runProgress } from './progress.ts'

/** Shows a run's progress and prints its summary; of one that stops early, how to go on with it. */
export async function watched<S>(
  io: Io,
  options: { readonly json?: boolean },
  dir: string,
  words: (summary: S) => string,
  work: (hooks: RunHooks) => Promise<S>,
): Promise<void> {
  const progress = runProgress(io)
  try {
    const summary = await work({ signal: io.signal, clock: io.now, onEvent: progress.onEvent })
    progress.stop()
    printResult(io, options, summary, words)
  } catch (error) {
    progress.stop()
    const isInput = error instanceof LayergymError && error.kind === 'input'
    if (!isInput && existsSync(join(dir, 'config.json'))) io.stderr(`to go on: layergym resume ${dir}\n`)
    throw error
  } finally {
    progress.stop()
  }
}

/**
 * A command that makes a run folder: settings from its YAML file and flags, `runs/<date>` where no folder is named.
 * @param start gets the settings with `out`
 */
export function addRun<S>(
  command: Command,
  io: Io,
  schema: z.ZodObject,
  words: (summary: S) => string,
  start: (settings: Readonly<Record<string, unknown>>, hooks: RunHooks) => Promise<S>,
): void {
  addSchemaOptions(command, schema).action(async (options: Record<string, unknown>) => {
    const settings = await readSettings(options)
    const out = String(settings.out ?? join('runs', stamp(io.now())))
    await watched(io, options, out, words, hooks => start({ ...settings, out }, hooks))
  })
}

/** 2026-11-25T02-30-00, sortable and fit for a folder's name. */
function stamp(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')
}
