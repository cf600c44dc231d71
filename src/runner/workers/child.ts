import { type ChildProcess, fork } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { hostname } from 'node:os'
import { pathToFileURL } from 'node:url'
import { KERNEL_THREADS } from '../../agents/kernels/memory.ts'
import { failure } from '../../common/error.ts'
import { fromSource } from '../plugins/typescript.ts'
import type { RunEvent } from '../runs/events.ts'
import { errorOf, type FromChild, NAME } from './parts.ts'

/** Of what a process said before it died, characters. */
const KEPT = 2000
/** Milliseconds in which one that is told to stop does so, before it is killed. */
const PATIENCE = 5000

/** Milliseconds. */
const LAST_WORDS = 20

/** A process can't do the units of a run, whichever they are: not the unit's fault. */
export class Unable extends Error {
  constructor(readonly reason: Error) {
    super(reason.message)
  }
}

/** A process that does units for this one, one at a time; it is started when the first comes, and anew when it died. */
export class Child {
  private process?: ChildProcess
  private said = ''

  /** Its host, this process there, and which of this one's it is. */
  readonly name: string

  /**
   * @param number among this process's children
   * @param children how many there are: of several, each keeps to one core
   */
  constructor(
    private readonly entry: string,
    number: number,
    private readonly children: number,
  ) {
    this.name = `${hostname()}:${process.pid}/${number}`
  }

  get pid(): number | undefined {
    return this.process?.pid
  }

  /**
   * @param work a `Work` as text
   * @returns a `Product` as text
   * @throws Unable, and failure `worker.died` where the process did
   */
  perform(work: string, onEvent: (event: RunEvent) => void): Promise<string> {
    const child = this.running()
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        child.off('message', onMessage)
        child.off('exit', onExit)
        child.off('error', onError)
        end()
      }
      const onMessage = (message: FromChild) => {
        if ('event' in message) onEvent(message.event)
        else if ('product' in message) settle(() => resolve(message.product))
        else settle(() => reject(new Unable(errorOf(message.unable))))
      }
      const onExit = (code: number | null, signal: string | null) => {
        if (this.process === child) this.process = undefined
        // What it said last is still on its way.
        setTimeout(() => settle(() => reject(died(signal ?? code, this.said.trim()))), LAST_WORDS)
      }
      child.on('message', onMessage)
      const onError = (error: Error) => settle(() => reject(failure('worker.start', error.message)))
      child.on('error', onError)
      child.on('exit', onExit)
      child.send({ work }, error => error && child.kill('SIGKILL'))
    })
  }

  /** Whether the system has halted it (SIGSTOP): then it does nothing, and nobody should wait for it. */
  async halted(): Promise<boolean> {
    if (this.pid === undefined) return false
    const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8').catch(() => '')
    return /^[Tt]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  }

  /** Asks what is under way to stop. */
  stop(): void {
    if (this.process?.connected) this.process.send({ stop: true })
  }

  kill(): void {
    this.process?.kill('SIGKILL')
  }

  /** Lets it end, or ends it. */
  async close(): Promise<void> {
    const child = this.process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
    if (child.connected) child.disconnect()
    await ended
    clearTimeout(timer)
  }

  private running(): ChildProcess {
    const known = this.process
    if (known?.connected) return known
    const child = fork(this.entry, {
      execArgv: fromSource ? ['--import', loader()] : [],
      env: { ...process.env, [NAME]: this.name, ...(this.children > 1 && { [KERNEL_THREADS]: '1' }) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.said = ''
    child.stderr?.on('data', data => {
      this.said = (this.said + String(data)).slice(-KEPT)
    })
    child.on('error', () => undefined)
    this.process = child
    return child
  }
}

function died(how: string | number | null, words: string): Error {
  return failure('worker.died', `its process ended with ${how}${words && `: ${words}`}`)
}

function loader(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
}
