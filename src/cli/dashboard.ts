import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { inputError } from '../common/error.ts'
import type { DashboardOptions } from '../runner/dashboard/server.ts'
import { type Io, printResult } from './command.ts'

/** Where nobody chooses: a bookmark or a tunnel stays right. */
const PORT = 7410
const LOOPBACK = '127.0.0.1'

interface Flags {
  readonly host?: string
  readonly port?: string
  readonly token?: string
  readonly json?: boolean
}

/** `layergym dashboard`: a live page over a run or a folder of runs, until Ctrl-C. */
export function dashboardCommand(program: Command, io: Io): void {
  program
    .command('dashboard [dir]')
    .description('show runs in the browser while they go on, and afterwards: one folder, or a folder of them')
    .option('--port <value>', `port to listen on; 0 takes a free one (default: ${PORT}, or a free one)`)
    .option(
      '--host <value>',
      'address to listen on, for others to look too: needs a token (default: this machine alone)',
    )
    .option('--token <value>', 'what a viewer must know; made where --host is given without one')
    .option('--json', 'print the address as JSON, alone, on stdout')
    .action((dir: string | undefined, flags: Flags) => watchRuns(dir ?? 'runs', flags, io))
}

async function watchRuns(dir: string, flags: Flags, io: Io): Promise<void> {
  const found = await stat(dir).catch(() => undefined)
  if (found === undefined || !found.isDirectory()) {
    throw inputError(
      'dashboard.dir',
      `${dir} is no folder: give a run's folder, or one that holds runs (runs/ where they lie without --out)`,
    )
  }
  const { isLoopback } = await import('../runner/dashboard/access.ts')
  const host = flags.host ?? LOOPBACK
  const token = flags.token ?? (isLoopback(host) ? undefined : randomBytes(18).toString('base64url'))
  if (token === '') throw inputError('dashboard.token', '--token is empty: leave it out, and one is made')
  const dashboard = await started(
    { dir, host, clock: io.now, ...(token !== undefined && { token }) },
    flags.port,
  )
  try {
    printResult(
      io,
      flags,
      { url: dashboard.url, dir },
      ({ url }) => `${dir} is shown at ${url}  (Ctrl-C ends it)`,
    )
    if (!io.signal.aborted) await once(io.signal, 'abort')
  } finally {
    await dashboard.close()
  }
}

async function started(options: Omit<DashboardOptions, 'port'>, asked: string | undefined) {
  const { startDashboard } = await import('../runner/dashboard/server.ts')
  if (asked !== undefined) return startDashboard({ ...options, port: portOf(asked) })
  return startDashboard({ ...options, port: PORT }).catch(error => {
    if (error.code !== 'dashboard.port') throw error
    return startDashboard({ ...options, port: 0 })
  })
}

function portOf(given: string): number {
  const port = given.trim() === '' ? Number.NaN : Number(given)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw inputError('dashboard.port', `--port takes an integer from 0 to 65535, not ${given}`)
}
