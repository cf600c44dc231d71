import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { inputError } from '../common/error.ts'
import { type Io, printResult } from './command.ts'

interface Flags {
  readonly queue?: string
  readonly workers?: string
  readonly idle?: string
  readonly cache?: string
  readonly json?: boolean
}

/** `layergym worker`: does units of runs that other machines began, until Ctrl-C. */
export function workerCommand(program: Command, io: Io): void {
  program
    .command('worker')
    .description('do units of runs that wait in a queue, for runs of any machine, until Ctrl-C')
    .option('--queue <url>', 'where they wait: file:FOLDER that all machines see, or redis://HOST')
    .option('--workers <value>', 'processes that do them (default: one a core)')
    .option('--idle <seconds>', 'end when there has been nothing to do for so long (default: never)')
    .option('--cache <folder>', 'where models and clips are kept that come with units')
    .option('--json', 'print how many were done as JSON, alone, on stdout')
    .action((flags: Flags) => work(flags, io))
}

async function work({ queue, cache, ...flags }: Flags, io: Io): Promise<void> {
  if (queue === undefined)
    throw inputError('worker.queue', '--queue is missing: file:FOLDER that all machines see, or redis://HOST')
  const { help } = await import('../runner/workers/help.ts')
  const workers = numberOf('workers', flags.workers, 1) ?? availableParallelism()
  const idle = numberOf('idle', flags.idle, 0)
  io.stderr(`${workers} workers on ${queue.replace(/\/\/[^@/]*@/, '//')}\n`)
  const units = await help(queue, {
    ...{ workers, idle, cache, signal: io.signal },
    told(worker, news) {
      if (news.type === 'event') return
      const of = 'key' in news ? ` ${news.key}` : ''
      const why = 'message' in news && news.message !== undefined ? `: ${news.message}` : ''
      io.stderr(`${worker} ${WORDS[news.type]}${of}${why}\n`)
    },
  })
  printResult(io, flags, { units }, () => `${units} units done`)
}

const WORDS = {
  takes: 'takes',
  ends: 'has done',
  back: 'gave back',
  died: 'died in',
  lost: 'was too late with',
  trouble: 'has trouble',
} as const

function numberOf(flag: string, given: string | undefined, least: number): number | undefined {
  if (given === undefined) return undefined
  const value = given.trim() === '' ? Number.NaN : Number(given)
  if (Number.isFinite(value) && value >= least && (flag !== 'workers' || Number.isInteger(value)))
    return value
  throw inputError(`worker.${flag}`, `--${flag} can't be '${given}': it takes a number from ${least} on`)
}
