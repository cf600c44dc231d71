import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Launch, RemoteProcess } from '../../src/agents/remote/process.ts'
import { type Reader, Writer } from '../../src/envs/wire/bytes.ts'
import { ANSWER, FrameReader, jsonFrame, jsonOf, KINDS, PROTOCOL } from '../../src/envs/wire/frames.ts'
import { MAGIC } from '../../src/envs/wire/greeting.ts'

/** Stands for the thread and the program that it holds: what is posted to it, and what it posts. */
const thread = vi.hoisted(() => ({
  given: {} as Record<string, unknown>,
  posted: [] as unknown[],
  waiting: [] as unknown[],
  unrefs: 0,
  answer: (_frame: Uint8Array): readonly unknown[] => [],
}))

vi.mock('node:worker_threads', () => ({
  Worker: class {
    constructor(_file: string, options: { workerData: Record<string, unknown> }) {
      thread.given = options.workerData
    }
    unref() {
      thread.unrefs++
    }
  },
  MessageChannel: class {
    readonly port1 = {
      postMessage(message: unknown) {
        thread.posted.push(message)
        if (message instanceof Uint8Array) thread.waiting.push(...thread.answer(message.slice()))
      },
      unref: () => thread.unrefs++,
    }
    readonly port2 = {}
  },
  receiveMessageOnPort: () => (thread.waiting.length === 0 ? undefined : { message: thread.waiting.shift() }),
}))

/** What was asked. */
interface Asked {
  readonly kind: number
  readonly request: number
  readonly handle: number
  readonly body: Reader
}

function greeted({ request }: Asked, { magic = MAGIC, version = PROTOCOL } = {}): Uint8Array {
  const writer = new Writer()
  writer.u32(magic)
  writer.u16(version)
  return writer.finish(KINDS.hello | ANSWER, PROTOCOL, request, 0)
}

/** A program that is greeted, and answers all that follows so; what it is launched with. */
function started(answer: (asked: Asked) => readonly unknown[], hello = greeted, more: Partial<Launch> = {}) {
  thread.answer = frame => {
    const reader = new FrameReader()
    reader.push(frame)
    const asked = reader.next() as Asked
    return asked.kind === KINDS.hello ? [hello(asked)] : answer(asked)
  }
  return new RemoteProcess({ command: ['theirs', '--fast'], env: { A: 'b' }, timeoutSeconds: 5, ...more })
}

afterEach(() => {
  Object.assign(thread, { given: {}, posted: [], waiting: [], unrefs: 0 })
})

const echo = ({ kind, request, handle, body }: Asked) => [
  jsonFrame(kind | ANSWER, request, handle, { kind, handle, said: jsonOf(body) }),
]

describe('a program that answers', () => {
  test('is launched as was said, greeted, and keeps nobody from ending', () => {
    started(echo)
    expect(thread.given).toMatchObject({ command: ['theirs', '--fast'], env: { A: 'b' }, timeoutSeconds: 5 })
    expect(thread.given.signal).toBeInstanceOf(Int32Array)
    expect(thread.unrefs).toBe(2)
    const reader = new FrameReader()
    reader.push(thread.posted[0] as Uint8Array)
    const { kind, request, body } = reader.next() as Asked
    expect([kind, request, body.u32(), body.u16(), body.u16(), body.text()]).toEqual([
      ...[KINDS.hello, 1, MAGIC, PROTOCOL, PROTOCOL, '{}'],
    ])
    body.end()
  })

  test('is asked in JSON, one request after the other', () => {
    const program = started(echo)
    for (const handle of [3, 4]) {
      const answer = program.ask(KINDS.state, handle, { weights: [handle] })
      expect(answer).toEqual({ kind: KINDS.state, handle, said: { weights: [handle] } })
    }
    const requests = (thread.posted as Uint8Array[]).map(frame =>
      new DataView(frame.buffer).getUint32(8, true),
    )
    expect(requests).toEqual([1, 2, 3])
  })

  test('may answer in pieces, and with more than a greeting holds', () => {
    const long = 'x'.repeat(2 ** 17)
    const program = started(({ kind, request, handle }) => {
      const frame = jsonFrame(kind | ANSWER, request, handle, { long })
      return [frame.slice(0, 3), frame.slice(3, 40), frame.slice(40)]
    })
    expect(program.ask(KINDS.state, 1, {})).toEqual({ long })
  })

  test('says what went wrong with one request; the next is another', () => {
    let failing = true
    const program = started(asked => {
      if (!failing) return echo(asked)
      failing = false
      return [jsonFrame(KINDS.error, asked.request, 0, { message: 'no such agent' })]
    })
    expect(() => program.ask(KINDS.create, 0, {})).toThrow(
      expect.objectContaining({ code: 'remote.failed', kind: 'failure', message: 'no such agent' }),
    )
    expect(program.ask(KINDS.state, 1, {})).toMatchObject({ handle: 1 })
    expect(thread.posted).not.toContain('end')
  })
})

describe('a program that is ended', () => {
  const ends = (program: RemoteProcess, words: string) => {
    const message = `theirs --fast: ${words}`
    // Once and for all: nothing is asked of it again.
    for (let i = 0; i < 2; i++) {
      expect(() => program.ask(KINDS.state, 1, {})).toThrow(
        expect.objectContaining({ code: 'remote.ended', kind: 'failure', message }),
      )
    }
    const frames = thread.posted.filter(message => message instanceof Uint8Array)
    expect([frames.length, thread.posted.at(-1)]).toEqual([2, 'end'])
  }

  test('where it has ended itself, with what it said last', () => {
    ends(
      started(() => [{ ended: 'it ended with 1: out of memory' }]),
      'it ended with 1: out of memory',
    )
  })

  test('where it takes too long', () => {
    const began = performance.now()
    ends(
      started(() => [], greeted, { timeoutSeconds: 0.05 }),
      'it has not answered within 0.05 s',
    )
    expect(performance.now() - began).toBeGreaterThanOrEqual(50)
    expect(performance.now() - began).toBeLessThan(5000)
  })

  test('where it answers another request, or as if it were of another kind', () => {
    const other = ({ kind, request }: Asked) => [jsonFrame(kind | ANSWER, request + 1, 1, {})]
    ends(started(other), 'it answers request 3, which is not under way')
    afresh()
    const wrong = ({ request }: Asked) => [jsonFrame(KINDS.act | ANSWER, request, 1, {})]
    ends(started(wrong), `it answers a request of kind ${KINDS.state} by kind ${KINDS.act | ANSWER}`)
    afresh()
    const unanswered = ({ kind, request }: Asked) => [jsonFrame(kind, request, 1, {})]
    ends(started(unanswered), `it answers a request of kind ${KINDS.state} by kind ${KINDS.state}`)
  })

  test.each([{ magic: MAGIC + 1 }, { version: PROTOCOL + 1 }])(
    'where it speaks something else: %j',
    wrong => {
      expect(() => started(echo, asked => greeted(asked, wrong))).toThrow(
        `theirs --fast: it does not speak version ${PROTOCOL}`,
      )
      expect(thread.posted.at(-1)).toBe('end')
    },
  )

  function afresh() {
    thread.posted.length = 0
    thread.waiting.length = 0
  }
})
