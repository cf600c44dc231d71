import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { failure, interrupted, LayergymError } from '../../../common/error.ts'
import { fromSource } from '../../plugins/typescript.ts'
import type { TrainSummary } from '../train/summary.ts'
import type { Answer, Order } from './worker.ts'

const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const WORKER = fileURLToPath(new URL(fromSource ? 'worker.ts' : 'worker.js', import.meta.url))
/** Of what a process said before it died, characters. */
const KEPT = 2000

/**
 * Has a training run done in a process of its own, from its checkpoint where it has one.
 * @throws what the run there threw; interrupted when the signal says so: the process saves a checkpoint first
 */
export function trainInChild(order: Order, signal: AbortSignal): Promise<TrainSummary> {
  return new Promise((resolve, reject) => {
    const child = fork(WORKER, {
      execArgv: fromSource ? ['--import', LOADER] : [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let answer: Answer | undefined
    let said = ''
    child.stderr?.on('data', data => {
      said = (said + String(data)).slice(-KEPT)
    })
    const stop = () => {
      if (child.connected) child.send('stop')
    }
    signal.addEventListener('abort', stop, { once: true })
    child.on('error', reject)
    child.on('message', message => {
      answer = message as Answer
    })
    child.on('close', (code, killed) => {
      signal.removeEventListener('abort', stop)
      if (answer !== undefined && 'summary' in answer) resolve(answer.summary)
      else if (signal.aborted) reject(interrupted())
      else if (answer !== undefined) reject(errorOf(answer))
      else reject(failure('benchmark.child', `its process ended with ${killed ?? code}: ${said.trim()}`))
    })
    child.send(order)
  })
}

function errorOf({ kind, code, message }: Exclude<Answer, { summary: unknown }>): Error {
  return kind === undefined ? new Error(message) : new LayergymError(kind, code ?? '', message)
}
