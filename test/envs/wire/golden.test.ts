import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { RemoteAgent } from '../../../src/agents/remote/agent.ts'
import type { RemoteProcess } from '../../../src/agents/remote/process.ts'
import { Rng } from '../../../src/common/random.ts'
import type { Env } from '../../../src/envs/env.ts'
import {
  Box,
  Dict,
  Discrete,
  Graph,
  MultiBinary,
  MultiDiscrete,
  OneOf,
  Sequence,
  Text,
  Tuple,
} from '../../../src/envs/spaces.ts'
import { Reader, Writer } from '../../../src/envs/wire/bytes.ts'
import { ANSWER, FrameReader, jsonFrame, jsonOf, KINDS, PROTOCOL } from '../../../src/envs/wire/frames.ts'
import { readBatch, writeBatch } from '../../../src/envs/wire/values.ts'
import { TestClient } from '../../support/wire.ts'

const GOLDEN: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('../../golden/protocol.json', import.meta.url), 'utf8'),
)

describe('golden frames', () => {
  test('a session understands the requests, and answers a step by these bytes', async () => {
    const sent: string[] = []
    const env = scripted({
      size: 4,
      observation: [0.5, -1, 0.25, 2],
      step: { reward: 1, terminated: false, truncated: true },
    })
    const client = new TestClient({ make: async () => env, onSend: bytes => sent.push(hex(bytes)) })
    for (const name of ['hello', 'make', 'reset', 'step', 'close']) {
      client.session.receive(bytesOf(name))
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(client.arrived.map(({ kind }) => kind)).toEqual([1, 2, 3, 4, 6].map(kind => kind | ANSWER))
    expect(sent[3]).toBe(GOLDEN.stepped)
  })

  test('of several environments, with masks, final observations and infos', async () => {
    const sent: string[] = []
    const ended = { reward: -0.5, terminated: true, truncated: false }
    const envs = [
      scripted({
        size: 2,
        observation: [0, 1],
        mask: [1, 0],
        step: { reward: 1, terminated: false, truncated: false },
      }),
      scripted({
        size: 2,
        observation: [2, 3],
        final: [4, 5],
        mask: [1, 1],
        step: ended,
        info: { lives: 2 },
      }),
    ]
    const make = async () => envs.shift() as Env<unknown, unknown>
    const client = new TestClient({ make, onSend: bytes => sent.push(hex(bytes)) })
    client.greet()
    await client.ask(KINDS.make, 2, 0, { id: 'any', size: 2, autoreset: 'same-step' })
    client.session.receive(jsonFrame(KINDS.reset, 8, 1, {}))
    const actions = new Writer()
    for (const action of [0, 1]) actions.i32(action)
    client.session.receive(actions.finish(KINDS.step, PROTOCOL, 9, 1))
    // The handle is the server's choice: here 1, in the golden frame 3.
    expect(sent[sent.length - 1].replace(/^(.{24})01/, '$103')).toBe(GOLDEN.steppedTwo)
  })

  test('an agent asks and is answered by these bytes', () => {
    const asked: string[] = []
    const process = {
      ask: () => ({ handle: 1, appetite: { unit: 'episode', count: 1 } }),
      call: (kind: number, handle: number, payload: Writer) => {
        const request = kind === KINDS.act ? 7 : 8
        asked.push(hex(payload.finish(kind, PROTOCOL, request, handle)))
        if (kind === KINDS.act) return new Reader(bytesOf('acted'))
        const report = new Writer()
        report.text('{"loss":0.5}')
        return new Reader(report.finish(kind | ANSWER, PROTOCOL, request, handle))
      },
    } as unknown as RemoteProcess
    const numbers = [8, 9]
    const rng = { int: () => numbers.shift() ?? 0 } as unknown as Rng
    const spaces = { observationSpace: new Box(0, 2, [1]), actionSpace: new Discrete(3) }
    const agent = new RemoteAgent(process, 'any', { ...spaces, config: {}, gamma: 0.9, rng: Rng.of(1) })
    const [a, b, c] = [0.25, 0.5, 0.75].map(x => Float32Array.of(x))
    numbers.splice(0, numbers.length, 8, 9)
    const decisions = agent.act([Float32Array.of(0.5), Float32Array.of(1.5)], {
      masks: [undefined, Uint8Array.of(1, 0, 1)],
      explore: true,
      rng,
    })
    expect(decisions).toEqual([
      { action: 2, logProbability: -0.5 },
      { action: 0, logProbability: -1.5 },
    ])
    const transitions = [
      { observation: a, action: 0, reward: 1, duration: 1 },
      { observation: b, action: 2, reward: 0, duration: 1 },
    ]
    const end = { terminated: true, truncated: false, finalObservation: c }
    expect(agent.learn([{ episode: 3, actor: 'shared', transitions, ...end }])).toEqual({ loss: 0.5 })
    expect(asked).toEqual([GOLDEN.act, GOLDEN.learn])
  })
})

test('values of every space come back as they went', () => {
  const space = new Dict({
    seen: new Tuple(new Box(-1, 1, [2, 3]), new Discrete(4)),
    switches: new MultiBinary(3),
    choices: new MultiDiscrete([2, 5]),
    words: new Text(4),
    picture: new Box(0, 255, [2, 2, 3], 'uint8'),
    exact: new Box(-1, 1, [3], 'float64'),
    counts: new Box(-Infinity, 9, [1], 'int16'),
    list: new Sequence(new Box(0, 1, [2]), 6),
    graph: new Graph(new Box(0, 9, [2], 'int8'), new Discrete(4)),
    bare: new Graph(new Discrete(2)),
    either: new OneOf(new Discrete(3, 2), new Box(0, 1, [2])),
  })
  const rng = Rng.of(1, 'wire')
  const values = Array.from({ length: 5 }, () => space.sample(rng))
  const writer = new Writer(0)
  writer.u8(1)
  writeBatch(writer, space, values)
  const reader = new Reader(writer.finish(KINDS.step, PROTOCOL, 1, 1))
  reader.u8()
  expect(readBatch(reader, space, 5)).toEqual(values)
  reader.end()
})

test('dtypes, sequences and graphs are these bytes', () => {
  const space = new Dict({
    picture: new Box(0, 255, [2, 2], 'uint8'),
    list: new Sequence(new Box(-Infinity, 300, [1], 'int16'), 4),
    graph: new Graph(new Discrete(3), new Box(0, 1, [1])),
  })
  const values = [
    {
      picture: Uint8Array.of(1, 2, 3, 4),
      list: [Int16Array.of(-1), Int16Array.of(300)],
      graph: { nodes: [2, 0], edges: [Float32Array.of(0.5)], edgeLinks: Int32Array.of(1, 0) },
    },
    { picture: Uint8Array.of(5, 6, 7, 8), list: [], graph: { nodes: [1] } },
  ]
  expect(values.every(value => space.contains(value))).toBe(true)
  const writer = new Writer()
  writeBatch(writer, space, values)
  expect(hex(writer.finish(KINDS.step, PROTOCOL, 9, 1))).toBe(GOLDEN.values)
  expect(readBatch(new Reader(bytesOf('values')), space, 2)).toEqual(values)
})

test('a length that a space cannot have is refused before memory is asked for', () => {
  const writer = new Writer()
  writer.u32(2 ** 31)
  const frame = writer.finish(KINDS.step, PROTOCOL, 1, 1)
  const spaces = [new Sequence(new Discrete(2), 3), new Graph(new Discrete(2))]
  for (const space of spaces) {
    expect(() => readBatch(new Reader(frame), space, 1)).toThrow(/2147483648 .*there are at most/)
  }
})

test.each(['null', '[1]', '"text"', '5', '{'])('a payload of JSON is an object, not %s', text => {
  const writer = new Writer()
  writer.text(text)
  const body = () => new Reader(writer.finish(KINDS.state, PROTOCOL, 1, 1))
  expect(() => jsonOf(body())).toThrow(expect.objectContaining({ code: 'wire.json' }))
  expect(jsonOf(new Reader(jsonFrame(KINDS.state, 1, 1, { a: [null] })))).toEqual({ a: [null] })
})

test('frames are cut from a stream in any pieces, up to a length that cannot be', () => {
  const whole = Buffer.concat(Object.values(GOLDEN).map(text => Buffer.from(text, 'hex')))
  const reader = new FrameReader()
  let count = 0
  for (const byte of whole) {
    reader.push(Uint8Array.of(byte))
    while (reader.next() !== undefined) count++
  }
  expect(count).toBe(Object.keys(GOLDEN).length)
  reader.push(Uint8Array.from({ length: 16 }, () => 255))
  expect(() => reader.next()).toThrow('a frame has 12 to')
})

interface Script {
  readonly size: number
  readonly observation: readonly number[]
  readonly final?: readonly number[]
  readonly mask?: readonly number[]
  readonly info?: Readonly<Record<string, unknown>>
  readonly step: { readonly reward: number; readonly terminated: boolean; readonly truncated: boolean }
}

/** An environment that says what it is told to. */
function scripted({
  size,
  observation,
  final = observation,
  mask,
  info = {},
  step,
}: Script): Env<unknown, unknown> {
  return {
    spec: { id: 'Scripted-v0' },
    observationSpace: new Box(-10, 10, [size]),
    actionSpace: new Discrete(2),
    reset: () => ({ observation: Float32Array.from(observation), info }),
    step: () => ({ ...step, observation: Float32Array.from(final), info: {} }),
    ...(mask !== undefined && { actionMask: () => Uint8Array.from(mask) }),
  }
}

function bytesOf(name: string): Uint8Array {
  return new Uint8Array(Buffer.from(GOLDEN[name], 'hex'))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
