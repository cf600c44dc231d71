import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { z } from 'zod'
import { failure, LayergymError } from '../common/error.ts'
import type { AnyJobKind, KindId } from '../runner/jobs/kinds.ts'
import { plural } from '../runner/report/words.ts'
import type { RunHooks } from '../runner/runs/hooks.ts'
import type { Conclusion, FailedUnit } from '../runner/runs/job.ts'
import { stamp } from '../runner/runs/stamp.ts'
import { type Io, printResult } from './command.ts'
import { addSchemaOptions, readSettings } from './options.ts'
import { runProgress } from './progress.ts'
import { withShard } from './shard.ts'

type End = Conclusion<unknown, unknown>

/**
 * Shows a run's progress and prints what it came to; of one that stops early, how to go on with it.
 * @throws failure where units of it failed
 */
export async function watched(
  io: Io,
  options: { readonly json?: boolean },
  dir: string,
  run: { readonly kind: AnyJobKind; readonly work: (hooks: RunHooks) => Promise<End> },
): Promise<void> {
  const progress = await runProgress(io)
  const { kind } = run
  try {
    const { withCrew } = await import('../runner/workers/crew.ts')
    const hooks = { signal: io.signal, clock: io.now, onEvent: progress.onEvent }
    const end = await run.work(withCrew(hooks))
    progress.stop()
    printResult(io, options, kind.answer?.(end) ?? end.summary, () => words(kind, end))
    refuseFailures(end)
  } catch (error) {
    progress.stop()
    const isInput = error instanceof LayergymError && error.kind === 'input'
    if (!isInput && existsSync(join(dir, 'config.json'))) io.stderr(`to go on: layergym resume ${dir}\n`)
    throw error
  } finally {
    progress.stop()
  }
}

function words(kind: AnyJobKind, { dir, summary, partly }: End): string {
  if (partly === undefined) return kind.words(summary)
  const { done, of } = partly
  return `${done} of ${plural(of, 'outcome')} are done; the rest is another shard's, or: layergym resume ${dir}`
}

function refuseFailures({ summary }: End): void {
  const { failed = [] } = Object(summary) as { readonly failed?: readonly FailedUnit[] }
  if (failed.length === 0) return
  const named = failed.map(({ unit, cause }) => `${unit} (${cause})`).join(', ')
  throw failure('run.failed', `${plural(failed.length, 'unit')} failed: ${named}`)
}

/**
 * A command that makes a run folder: settings from its YAML file and flags, `runs/<date>` where no folder is named.
 */
export function addRun(
  program: Command,
  io: Io,
  run: { readonly kind: KindId; readonly description: string; readonly schema: z.ZodObject },
): void {
  const command = program.command(run.kind).description(run.description)
  addSchemaOptions(command, run.schema).action(async (options: Record<string, unknown>) => {
    const settings = withShard(await readSettings(options), process.env)
    const out = String(settings.out ?? join('runs', stamp(io.now())))
    const { jobKind } = await import('../runner/jobs/kinds.ts')
    const { begin } = await import('../runner/runs/drive.ts')
    const kind = await jobKind(run.kind)
    await watched(io, options, out, { kind, work: hooks => begin(kind, { ...settings, out }, hooks) })
  })
}
