import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { type MessagePort, workerData } from 'node:worker_threads'

/** A thread that holds another program's streams: frames in, bytes out, and a signal for who waits. */

/** A frame for the program, or its end. */
export type ToWorker = Uint8Array | 'end'

/** Bytes of the program, or why there will be no more. */
export type FromWorker = Uint8Array | { readonly ended: string }

interface Given {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: Int32Array
  readonly port: MessagePort
}

/** Of what the program said before it ended, characters. */
const KEPT = 2000

const { command, env, signal, port } = workerData as Given
const [program, ...args] = command
const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
let said = ''

function tell(message: FromWorker): void {
  port.postMessage(message)
  Atomics.store(signal, 0, 1)
  Atomics.notify(signal, 0)
}

child.stdout.on('data', (chunk: Uint8Array) => tell(new Uint8Array(chunk)))
child.stderr.on('data', (chunk: Uint8Array) => {
  said = (said + String(chunk)).slice(-KEPT)
  // Through process.stderr it would wait for the thread that waits for us.
  writeSync(2, chunk)
})
child.stdin.on('error', () => undefined)
child.on('error', error => tell({ ended: error.message }))
child.on('close', (code, killed) => tell({ ended: `it ended with ${killed ?? code}: ${said.trim()}` }))
port.on('message', (message: ToWorker) => {
  if (message === 'end') child.kill('SIGKILL')
  else child.stdin.write(message)
})
