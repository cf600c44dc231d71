import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LayergymError } from '../common/error.ts'
import type { RunHooks } from '../runner/run.ts'
import { type Io, printResult } from './command.ts'
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

/** 2026-11-25T02-30-00, sortable and fit for a folder's name. */
export function stamp(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')
}
