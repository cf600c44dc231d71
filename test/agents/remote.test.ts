import { describe, expect, test } from 'vitest'
import type { AgentContext } from '../../src/agents/agent.ts'
import { RemoteAgent } from '../../src/agents/remote/agent.ts'
import type { RemoteProcess } from '../../src/agents/remote/process.ts'
import { Rng } from '../../src/common/random.ts'
import { Box, Discrete } from '../../src/envs/spaces.ts'
import { Reader, Writer } from '../../src/envs/wire/bytes.ts'
import { ANSWER, KINDS, PROTOCOL } from '../../src/envs/wire/frames.ts'
import { readBatch, writeBatch } from '../../src/envs/wire/values.ts'

describe('an agent of another program', () => {
  const spaces = { observationSpace: new Box(0, 2, [1]), actionSpace: new Discrete(3) }
  /** What was asked; answers to `act` come from the test. */
  function made(answer: (writer: Writer) => void = () => undefined, more: Partial<AgentContext> = {}) {
    const asked: unknown[] = []
    const frames: Uint8Array[] = []
    const remote = {
      ask(kind: number, handle: number, value: unknown) {
        asked.push([kind, handle, value])
        return { handle: 5, appetite: { unit: 'step', count: 8 }, weights: [1] }
      },
      call(kind: number, handle: number, writer: Writer) {
        frames.push(writer.finish(kind, PROTOCOL, 1, handle).slice())
        const body = new Writer()
        answer(body)
        return new Reader(body.finish(kind | ANSWER, PROTOCOL, 1, handle))
      },
    } as unknown as RemoteProcess
    const context = { ...spaces, config: { rate: 1 }, gamma: 0.9, rng: Rng.of(1), ...more }
    return { agent: new RemoteAgent(remote, 'theirs', context), asked, frames }
  }
  const acting = (masks: readonly (Uint8Array | undefined)[]) => ({ masks, explore: false, rng: Rng.of(2) })

  test('is made with its settings, and is told which it is from then on', () => {
    const { agent, asked } = made(undefined, { features: ['x'], initialLogits: Float32Array.of(0, 0, 1) })
    expect(agent.appetite).toEqual({ unit: 'step', count: 8 })
    expect(agent.state()).toMatchObject({ weights: [1] })
    agent.restore({ weights: [2] })
    agent.dispose()
    expect(asked.slice(1)).toEqual([
      [KINDS.state, 5, {}],
      [KINDS.restore, 5, { weights: [2] }],
      [KINDS.dispose, 5, {}],
    ])
    const settings = {
      agent: 'theirs',
      settings: { rate: 1 },
      gamma: 0.9,
      seed: Rng.of(1).int(2 ** 31),
      ...spaces,
    }
    expect(asked[0]).toEqual([KINDS.create, 0, { ...settings, features: ['x'], initialLogits: [0, 0, 1] }])
    expect(made().asked[0]).toEqual([KINDS.create, 0, { ...settings, features: null, initialLogits: null }])
  })

  test('acts: has what its policy and its critic say, where they say something', () => {
    const decided = (has: number) => {
      const { agent, frames } = made(writer => {
        writer.u32(has)
        writer.align()
        for (const bit of [1, 2]) if (has & bit) for (const x of [0.5, 0.25]) writer.f64(-bit * x)
        writeBatch(writer, spaces.actionSpace, [2, 1])
      })
      const decisions = agent.act(
        [0.5, 1.5].map(x => Float32Array.of(x)),
        acting([undefined, undefined]),
      )
      return { decisions, frame: new DataView(frames[0].buffer) }
    }
    expect(decided(0).decisions).toEqual([{ action: 2 }, { action: 1 }])
    expect(decided(1).decisions).toEqual([
      { action: 2, logProbability: -0.5 },
      { action: 1, logProbability: -0.25 },
    ])
    expect(decided(3).decisions[1]).toEqual({ action: 1, logProbability: -0.25, value: -0.5 })
    const { decisions, frame } = decided(2)
    expect(decisions[0]).toEqual({ action: 2, value: -1 })
    // How many observations, no masks, not exploring.
    expect([16, 20, 24].map(at => frame.getUint32(at, true))).toEqual([2, 0, 0])
    expect(made().agent.act([], acting([]))).toEqual([])
  })

  test('is told what is forbidden, wherever anything is; else of no masks', () => {
    const observation = Float32Array.of(1)
    const mask = Uint8Array.of(0, 1, 0)
    const ALL = [1, 1, 1]
    /** What `learn` is told of masks: their size, and theirs row by row. */
    const told = (masks: readonly (Uint8Array | undefined)[], finalMask?: Uint8Array) => {
      const { agent, frames } = made(writer => writer.text('{}'))
      const step = { observation, action: 2, reward: 1, duration: 1 }
      const transitions = masks.map(mask => ({ ...step, mask }))
      const ends = { terminated: false, truncated: true, finalObservation: observation, finalMask }
      agent.learn([{ episode: 0, actor: 'shared', transitions, ...ends }])
      const reader = new Reader(frames[0])
      expect(reader.u32()).toBe(1)
      reader.text()
      expect(reader.u32()).toBe(masks.length)
      const size = reader.u32()
      reader.align()
      for (let i = 0; i < 4 * masks.length; i++) reader.f64()
      const rows = size === 0 ? 0 : masks.length + 1
      const read = Array.from({ length: rows }, () => Array.from({ length: size }, () => reader.u8()))
      // What follows lies where it is looked for.
      expect(readBatch(reader, spaces.actionSpace, masks.length)).toEqual(masks.map(() => 2))
      expect(readBatch(reader, spaces.observationSpace, masks.length + 1)[0]).toEqual(observation)
      reader.end()
      return read
    }
    expect(told([undefined, undefined])).toEqual([])
    expect(told([undefined, mask])).toEqual([ALL, [...mask], ALL])
    expect(told([undefined, undefined], mask)).toEqual([ALL, ALL, [...mask]])

    const { agent, frames } = made(writer => {
      writer.u32(0)
      writer.align()
      writeBatch(writer, spaces.actionSpace, [1, 1])
    })
    agent.act([observation, observation], acting([undefined, mask]))
    // After how many, the masks' size, whether it explores, and two numbers of its stream.
    expect(new DataView(frames[0].buffer).getUint32(20, true)).toBe(3)
    expect([...frames[0].subarray(36, 42)]).toEqual([...ALL, ...mask])
  })

  test('refuses a mask of another length', () => {
    const { agent } = made()
    expect(() => agent.act([Float32Array.of(1)], acting([Uint8Array.of(1, 1)]))).toThrow(
      'the mask has 2 entries, the space needs 3',
    )
  })
})
