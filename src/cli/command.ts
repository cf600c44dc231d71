import { type Command, CommanderError } from 'commander'
import { interrupted, LayergymError, messageOf } from '../common/error.ts'

/** What a command may touch of the process: handed in, so that tests can watch it. */
export interface Io {
  /** The result, and nothing else. */
  stdout(text: string): void
  /** Progress, notices, errors. */
  stderr(text: string): void
  /** True where progress may redraw a line in place. */
  readonly interactive: boolean
  /**
   * Aborted by the first Ctrl-C, SIGTERM or SIGUSR1, its reason: stop at the next safe place, clean up, throw `interrupted()`.
   */
  readonly signal: AbortSignal
  /** Milliseconds since 1970: the only clock that a command reads. */
  now(): number
}

/**
 * How a command is written: one file in src/cli/, one exported function, one line in main.ts.
 *
 * ```ts
 * export function countCommand(program: Command, io: Io): void {
 *   program
 *     .command('count <dir>')
 *     .description('count clips')
 *     .option('--json', 'print the result as JSON, alone, on stdout')
 *     .action(async (dir: string, options: { json?: boolean }) => {
 *       const { loadDataset } = await import('../data/folder.ts')       // heavy modules only here
 *       const result = await loadDataset(dir, { signal: io.signal })    // the signal goes all the way down
 *       printResult(io, options, result, () => `${result.clips.length} clips`)
 *     })
 * }
 * ```
 * Wrong input throws `inputError` (exit 2), failed work `failure` (exit 1), an aborted signal `interrupted()`
 * (exit 130, 143 by SIGTERM): `exitCodeOf` prints the message. Commander itself answers unknown flags and commands, and
 * missing arguments, with the near name and exit 2. Values of flags stay strings here: one schema checks them.
 */
export type RegisterCommand = (program: Command, io: Io) => void

/** The result on stdout: JSON alone where `--json` asks for it, words otherwise. */
export function printResult<T>(
  io: Io,
  options: { readonly json?: boolean },
  result: T,
  words: (result: T) => string,
): void {
  io.stdout(`${options.json === true ? JSON.stringify(result) : words(result)}\n`)
}

/** Says what went wrong on stderr and answers the exit code: by an error's kind, 1 for what nobody foresaw. */
export function exitCodeOf(thrown: unknown, io: Pick<Io, 'stderr' | 'signal'>, verbose: boolean): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2
  const error = io.signal.aborted && !(thrown instanceof LayergymError) ? interrupted() : thrown
  if (error instanceof LayergymError) {
    io.stderr(`${error.kind === 'interrupted' ? '' : 'error: '}${error.message}\n`)
    if (verbose) io.stderr(stackOf(error))
    return error.kind === 'interrupted' ? interruptedCode(io.signal) : error.exitCode
  }
  io.stderr(`error: ${systemMessage(error) ?? `unexpected: ${messageOf(error)} (--verbose shows where)`}\n`)
  if (verbose) io.stderr(stackOf(error))
  return 1
}

const CODES: Readonly<Record<string, number>> = { SIGTERM: 143, SIGUSR1: 138 }

/** As shells count: 128 and the signal's number. */
export function interruptedCode({ reason }: Pick<AbortSignal, 'reason'>): number {
  return CODES[String(reason)] ?? 130
}

const SYSTEM: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the disk; free some, or put the run (--out) or the cache (--cache) elsewhere',
  EDQUOT:
    'the disk quota is used up; free some space, or put the run (--out) or the cache (--cache) elsewhere',
  EROFS: 'the file system is read-only; put the run (--out) or the cache (--cache) elsewhere',
  EACCES: 'permission denied; check whose it is, or put the run (--out) or the cache (--cache) elsewhere',
  EMFILE: 'too many open files; raise the limit (ulimit -n)',
}

/** For errors of the operating system that the user can do something about. Follows the chain of causes. */
function systemMessage(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    const { code, path } = e as NodeJS.ErrnoException
    if (code !== undefined && code in SYSTEM) return `${path ? `${path}: ` : ''}${SYSTEM[code]}`
  }
  return undefined
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  return `${error.stack ?? error.message}\n${error.cause === undefined ? '' : `caused by ${stackOf(error.cause)}`}`
}
