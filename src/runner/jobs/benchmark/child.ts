import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { failure, inputError, interrupted } from '../../../common/error.ts'
import { writeAtomic } from '../../runs/atomic.ts'
import type { TrainConfig } from '../train/config.ts'
import type { TrainSummary } from '../train/summary.ts'

/** One training run. */
export interface Job {
  readonly name: string
  readonly config: TrainConfig
}

const PROGRAM = fileURLToPath(new URL('../../../../bin/layergym.mjs', import.meta.url))

/**
 * Runs a job in a process of its own, from its checkpoint where it has one; a finished one is only read.
 * @throws interrupted when the signal says so: the process saves a checkpoint first
 */
export async function runJob({ name, config }: Job, signal: AbortSignal): Promise<TrainSummary> {
  const dir = String(config.out)
  const done = await readSummary(dir)
  if (done !== undefined) return done
  const words = existsSync(join(dir, 'config.json'))
    ? ['resume', dir]
    : ['train', '--config', await settings(config)]
  const { code, stderr } = await outcome([...words, '--json'], signal)
  if (signal.aborted) throw interrupted()
  const summary = await readSummary(dir)
  if (code === 0 && summary !== undefined) {
    await rm(settingsPath(dir), { force: true })
    return summary
  }
  const reason =
    stderr
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^error: /, '') ?? `exit code ${code}`
  throw code === 2
    ? inputError('benchmark.run', `${name}: ${reason}`)
    : failure('benchmark.run', `${name}: ${reason}`)
}

/** As a file, which JSON is YAML for. */
async function settings(config: TrainConfig): Promise<string> {
  const path = settingsPath(String(config.out))
  await mkdir(dirname(path), { recursive: true })
  await writeAtomic(path, JSON.stringify(config))
  return path
}

function settingsPath(dir: string): string {
  return `${dir}.json`
}

function outcome(words: readonly string[], signal: AbortSignal) {
  return new Promise<{ readonly code: number | null; readonly stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', data => {
      stderr = (stderr + String(data)).slice(-10_000)
    })
    const stop = () => child.kill('SIGINT')
    signal.addEventListener('abort', stop, { once: true })
    child.on('error', reject)
    child.on('close', code => {
      signal.removeEventListener('abort', stop)
      resolve({ code, stderr })
    })
  })
}

async function readSummary(dir: string): Promise<TrainSummary | undefined> {
  const path = join(dir, 'summary.json')
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as TrainSummary) : undefined
}
