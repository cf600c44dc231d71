import { makeEnvAsync } from '../../src/envs/registry.ts'
import { Writer } from '../../src/envs/wire/bytes.ts'
import { type Arrived, FrameReader, jsonFrame, jsonOf, KINDS, PROTOCOL } from '../../src/envs/wire/frames.ts'
import { MAGIC } from '../../src/envs/wire/greeting.ts'
import type { MakeEnv } from '../../src/runner/serve/environments.ts'
import { Session } from '../../src/runner/serve/session.ts'

interface TestOptions {
  readonly make?: MakeEnv
  readonly token?: string
  readonly onSend?: (frame: Uint8Array) => void
}

/** The other end of a session, without anything that carries the bytes. */
export class TestClient {
  readonly session: Session
  readonly arrived: Arrived[] = []
  ended = false
  private readonly frames = new FrameReader()

  constructor({ make = makeEnvAsync, token, onSend }: TestOptions = {}) {
    this.frames.trust()
    this.session = new Session({
      make,
      token,
      version: '0.0.0',
      send: frame => {
        onSend?.(frame)
        this.take(frame)
      },
      end: () => {
        this.ended = true
      },
    })
  }

  greet(
    facts: Readonly<Record<string, unknown>> = {},
    [lowest, highest]: readonly [number, number] = [PROTOCOL, PROTOCOL],
  ): Arrived {
    this.session.receive(greeting(1, facts, [lowest, highest]))
    return this.last
  }

  /** Sends JSON; the answer, when it is there. */
  async ask(kind: number, request: number, handle: number, value: unknown) {
    this.session.receive(jsonFrame(kind, request, handle, value))
    return jsonOf((await this.answerTo(request)).body)
  }

  async answerTo(request: number): Promise<Arrived> {
    for (let tries = 0; tries < 1000; tries++) {
      const found = this.arrived.find(frame => frame.request === request)
      if (found !== undefined) return found
      await new Promise(resolve => setImmediate(resolve))
    }
    throw new Error(`no answer to request ${request}`)
  }

  get last(): Arrived {
    return this.arrived[this.arrived.length - 1]
  }

  private take(frame: Uint8Array): void {
    this.frames.push(frame)
    for (let next = this.frames.next(); next !== undefined; next = this.frames.next()) this.arrived.push(next)
  }
}

export function greeting(
  request: number,
  facts: Readonly<Record<string, unknown>>,
  [lowest, highest]: readonly number[],
): Uint8Array {
  const writer = new Writer()
  writer.u32(MAGIC)
  writer.u16(lowest)
  writer.u16(highest)
  writer.text(JSON.stringify(facts))
  return writer.finish(KINDS.hello, PROTOCOL, request, 0)
}
