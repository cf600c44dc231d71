import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { failure } from '../../common/error.ts'
import { type Reader, Writer } from '../../envs/wire/bytes.ts'
import { ANSWER, FrameReader, jsonOf, KINDS, PROTOCOL } from '../../envs/wire/frames.ts'
import { MAGIC } from '../../envs/wire/greeting.ts'
import type { FromWorker, ToWorker } from './worker.ts'

const fromSource = import.meta.url.endsWith('.ts')
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const WORKER = fileURLToPath(new URL(fromSource ? 'worker.ts' : 'worker.js', import.meta.url))

export interface Launch {
  /** The program and its arguments. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** How long one call may take. */
  readonly timeoutSeconds: number
}

/**
 * Another program that answers requests over its stdin and stdout, called as if it were a function here: an agent's
 * `state` and `restore` may not be promises. A thread holds the streams while this one waits.
 */
export class RemoteProcess {
  private readonly port: MessagePort
  private readonly signal = new Int32Array(new SharedArrayBuffer(4))
  private readonly frames = new FrameReader()
  private readonly milliseconds: number
  private request = 0
  private broken: string | undefined

  /** @throws failure where the program doesn't start, or speaks something else */
  constructor(private readonly launch: Launch) {
    const { port1, port2 } = new MessageChannel()
    this.port = port1
    this.milliseconds = launch.timeoutSeconds * 1000
    const worker = new Worker(WORKER, {
      workerData: { ...launch, signal: this.signal, port: port2 },
      transferList: [port2],
      execArgv: fromSource ? ['--import', LOADER] : [],
    })
    worker.unref()
    this.port.unref()
    this.frames.trust()
    this.greet()
  }

  /**
   * The answer's payload.
   * @throws failure with what the program says went wrong, or where it has ended or takes too long
   */
  call(kind: number, handle: number, payload: Writer): Reader {
    if (this.broken !== undefined) throw failure('remote.ended', this.broken)
    const request = ++this.request
    this.port.postMessage(payload.finish(kind, PROTOCOL, request, handle) satisfies ToWorker)
    for (;;) {
      const answer = this.frames.next()
      if (answer === undefined) {
        this.receive()
        continue
      }
      if (answer.request !== request) this.end(`it answers request ${answer.request}, which is not under way`)
      if (answer.kind === KINDS.error) throw failure('remote.failed', String(jsonOf(answer.body).message))
      if (answer.kind !== (kind | ANSWER))
        this.end(`it answers a request of kind ${kind} by kind ${answer.kind}`)
      return answer.body
    }
  }

  /** Asks and is answered in JSON. */
  ask(kind: number, handle: number, value: unknown): Readonly<Record<string, unknown>> {
    const writer = new Writer()
    writer.text(JSON.stringify(value))
    return jsonOf(this.call(kind, handle, writer))
  }

  private greet(): void {
    const writer = new Writer()
    writer.u32(MAGIC)
    writer.u16(PROTOCOL)
    writer.u16(PROTOCOL)
    writer.text('{}')
    const answer = this.call(KINDS.hello, 0, writer)
    if (answer.u32() !== MAGIC || answer.u16() !== PROTOCOL) this.end(`it does not speak version ${PROTOCOL}`)
  }

  /** Waits until there is more. */
  private receive(): void {
    const deadline = performance.now() + this.milliseconds
    for (;;) {
      Atomics.store(this.signal, 0, 0)
      const message = receiveMessageOnPort(this.port)?.message as FromWorker | undefined
      if (message instanceof Uint8Array) {
        this.frames.push(message)
        return
      }
      if (message !== undefined) this.end(message.ended)
      const left = deadline - performance.now()
      if (left <= 0) this.end(`it has not answered within ${this.launch.timeoutSeconds} s`)
      Atomics.wait(this.signal, 0, 0, left)
    }
  }

  private end(why: string): never {
    this.broken = `${this.launch.command.join(' ')}: ${why}`
    this.port.postMessage('end' satisfies ToWorker)
    throw failure('remote.ended', this.broken)
  }
}
