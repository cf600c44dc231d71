import { isPromise } from 'node:util/types'
import { inputError, LayergymError, messageOf } from '../../common/error.ts'
import type { MaybePromise } from '../../envs/env.ts'
import { Writer } from '../../envs/wire/bytes.ts'
import {
  ANSWER,
  type Arrived,
  FrameReader,
  jsonFrame,
  jsonOf,
  KINDS,
  PROTOCOL,
} from '../../envs/wire/frames.ts'
import { type MakeEnv, Served } from './environments.ts'
import { answerHello } from './hello.ts'

export interface SessionOptions {
  readonly make: MakeEnv
  /** Of the package, for the other end's messages. */
  readonly version: string
  /** What the other end must know; nothing where there is none. */
  readonly token?: string
  send(frame: Uint8Array): void
  /** The stream can't be followed, or the other end isn't let in: what was sent is the last. */
  end(): void
}

/**
 * One other end: bytes in, frames out, whatever carries them. Every request has one answer, with its number; requests
 * of one environment are done in their order, those of others meanwhile.
 */
export class Session {
  private readonly frames = new FrameReader()
  private readonly served = new Map<number, Served>()
  /** What an environment is still busy with. */
  private readonly busy = new Map<number, Promise<void>>()
  private handles = 0
  private greeted = false
  private over = false

  constructor(private readonly options: SessionOptions) {}

  receive(chunk: Uint8Array): void {
    if (this.over) return
    this.frames.push(chunk)
    try {
      for (let frame = this.frames.next(); frame !== undefined; frame = this.frames.next()) {
        this.take(frame)
        if (this.over) return
      }
    } catch (error) {
      this.refuse(0, error)
    }
  }

  /** Closes what was made; when what is under way has ended. */
  async close(): Promise<void> {
    this.over = true
    await Promise.all(this.busy.values())
    for (const served of this.served.values()) await served.close()
    this.served.clear()
  }

  private take(frame: Arrived): void {
    if (!this.greeted) {
      this.greet(frame)
      return
    }
    if (frame.version !== PROTOCOL) {
      const words = `the frame speaks version ${frame.version}; this connection speaks ${PROTOCOL}`
      this.refuse(frame.request, inputError('wire.version', words))
      return
    }
    const before = this.busy.get(frame.handle)
    const answered = before === undefined ? this.answer(frame) : before.then(() => this.answer(frame))
    if (isPromise(answered)) this.keep(frame.handle, answered)
  }

  private greet(frame: Arrived): void {
    try {
      this.options.send(answerHello(frame, this.options))
      this.greeted = true
      this.frames.trust()
    } catch (error) {
      this.refuse(frame.request, error)
    }
  }

  /** Sends the answer, whatever comes of it. */
  private answer({ kind, request, handle, body }: Arrived): MaybePromise<void> {
    const send = (frame: Uint8Array) => {
      if (!this.over) this.options.send(frame)
    }
    const sent = (writer: Writer) => send(writer.finish(kind | ANSWER, PROTOCOL, request, handle))
    const failed = (error: unknown) => send(errorFrame(request, handle, error))
    try {
      const result = this.perform({ kind, request, handle, body } as Arrived)
      if (!isPromise(result)) return sent(result)
      return result.then(sent, failed)
    } catch (error) {
      return failed(error)
    }
  }

  private perform({ kind, handle, body }: Arrived): MaybePromise<Writer> {
    switch (kind) {
      case KINDS.make:
        return this.make(jsonOf(body))
      case KINDS.step:
        return this.at(handle).step(body)
      case KINDS.reset:
        return this.at(handle).reset(jsonOf(body))
      case KINDS.render: {
        const index = body.u32()
        body.end()
        return this.at(handle).render(index)
      }
      case KINDS.close:
        return this.remove(handle)
      default:
        throw inputError(
          'serve.kind',
          `there is no request of kind ${kind} in version ${PROTOCOL} (docs/protocol.md)`,
        )
    }
  }

  private async make(asked: Readonly<Record<string, unknown>>): Promise<Writer> {
    const served = await Served.make(this.options.make, asked)
    if (this.over) {
      await served.close()
      throw inputError('serve.closed', 'the connection was closed while the environment was made')
    }
    const handle = ++this.handles
    this.served.set(handle, served)
    return words({ handle, ...served.facts() })
  }

  private async remove(handle: number): Promise<Writer> {
    const served = this.at(handle)
    this.served.delete(handle)
    await served.close()
    return words({})
  }

  private at(handle: number): Served {
    const served = this.served.get(handle)
    if (served !== undefined) return served
    throw inputError(
      'serve.handle',
      `this connection has no environment ${handle}: it is closed, or was never made`,
    )
  }

  private keep(handle: number, work: Promise<void>): void {
    const kept = work.finally(() => {
      if (this.busy.get(handle) === kept) this.busy.delete(handle)
    })
    this.busy.set(handle, kept)
  }

  /** Says why, and ends: the stream can't be trusted any further. */
  private refuse(request: number, error: unknown): void {
    this.options.send(errorFrame(request, 0, error))
    this.over = true
    this.options.end()
  }
}

function words(value: unknown): Writer {
  const writer = new Writer()
  writer.text(JSON.stringify(value))
  return writer
}

function errorFrame(request: number, handle: number, error: unknown): Uint8Array {
  const message = messageOf(error)
  const known =
    error instanceof LayergymError
      ? { kind: error.kind, code: error.code, message }
      : { kind: 'failure', code: 'unexpected', message }
  return jsonFrame(KINDS.error, request, handle, known)
}
