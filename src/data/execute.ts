import { spawn } from 'node:child_process'
import { interrupted } from '../common/error.ts'
import { stalled, twice, Watchdog } from './watchdog.ts'

export interface Execution {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** Of what a program says, either way. Bytes. */
const MOST_OUTPUT = 2 ** 29

/**
 * Runs ffmpeg on `path` to its end, keeping what it says.
 * @throws failure `decoder.stalled`; `interrupted` on abort
 */
export async function execute(
  path: string,
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<Execution> {
  return twice(() => executeOnce(path, program, args, signal))
}

function executeOnce(
  path: string,
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<Execution> {
  if (signal?.aborted) return Promise.reject(interrupted())
  return new Promise((done, fail) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const kill = () => void child.kill('SIGKILL')
    const watchdog = new Watchdog({ pid: () => child.pid, onStall: kill })
    signal?.addEventListener('abort', kill, { once: true })
    const said: [Buffer[], Buffer[]] = [[], []]
    let length = 0
    for (const [i, stream] of [child.stdout, child.stderr].entries())
      stream.on('data', (chunk: Buffer) => {
        watchdog.progress()
        said[i].push(chunk)
        length += chunk.length
        if (length > MOST_OUTPUT) kill()
      })
    const settle = (code: number, error?: Error) => {
      watchdog.stop()
      signal?.removeEventListener('abort', kill)
      const [stdout, stderr] = said.map(chunks => Buffer.concat(chunks))
      if (signal?.aborted) fail(interrupted())
      else if (watchdog.hung) fail(stalled(path))
      else done({ code, stdout, stderr: error?.message ?? String(stderr) })
    }
    child.on('error', error => settle(1, error))
    child.on('close', code => settle(code ?? 1))
  })
}
