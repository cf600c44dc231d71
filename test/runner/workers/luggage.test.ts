import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { kernelArithmetic } from '../../../src/agents/kernels/memory.ts'
import { failure } from '../../../src/common/error.ts'
import type { Child } from '../../../src/runner/workers/child.ts'
import { help } from '../../../src/runner/workers/help.ts'
import { labour, type News } from '../../../src/runner/workers/labour.ts'
import { packed } from '../../../src/runner/workers/luggage.ts'
import { MemoryQueue } from '../../../src/runner/workers/memory-queue.ts'
import { textOf, VERSION, type Work } from '../../../src/runner/workers/parts.ts'
import type { Lease, Parcels } from '../../../src/runner/workers/queue.ts'

const folder = mkdtempSync(join(tmpdir(), 'layergym-luggage-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A process that does whatever comes. */
const child = {
  name: 'me',
  perform: async () => textOf({ version: VERSION, worker: 'me', seconds: 0, events: [], outcome: 1 }),
  stop: () => undefined,
  halted: async () => false,
} as unknown as Child

/** A server that may forget. */
class Forgetful implements Parcels {
  readonly known = new Map<string, string>()
  sent = 0
  looks = 0
  async has(sha256: string) {
    this.looks++
    return this.known.has(sha256)
  }
  async send(sha256: string, path: string) {
    this.sent++
    this.known.set(sha256, path)
  }
  async fetch() {
    throw failure('worker.parcel', 'forgotten')
  }
}

describe('what a run’s settings name', () => {
  test('is sent once, and again where it has been forgotten', async () => {
    const model = join(folder, 'model.json')
    writeFileSync(model, '{}')
    writeFileSync(join(folder, 'weights.bin'), 'abcd')
    const luggage = await packed({ model, seed: 1 })
    const server = new Forgetful()
    await luggage.send(server)
    await luggage.send(server)
    expect([server.sent, server.looks]).toEqual([2, 3])
    server.known.clear()
    await luggage.send(server)
    expect(server.sent).toBe(4)
    await luggage.close()
  })

  test('and isn’t there yet, a worker waits for: the unit is done, and nobody has died', async () => {
    const queue = new MemoryQueue(1000)
    const work: Work = { version: VERSION, arithmetic: kernelArithmetic(), kind: 'toy', config: {}, key: 'a' }
    await queue.put({ id: 'a', group: '', content: textOf(work) })
    const controller = new AbortController()
    const told: News[] = []
    let looks = 0
    await labour(queue, child, {
      signal: controller.signal,
      async localised(given) {
        if (++looks < 3) throw failure('worker.parcel', 'the server has no file abc, which a unit needs')
        return given
      },
      told(news) {
        told.push(news)
        if (news.type === 'ends') controller.abort()
      },
    })
    expect(looks).toBe(3)
    expect(told.map(({ type }) => type)).toEqual(['takes', 'trouble', 'ends'])
    expect(told[1]).toMatchObject({ message: expect.stringContaining('the server has no file abc') })
  })
})

test('what a stranger put into a queue is said and put away, and the units after it are done', async () => {
  const queue = new MemoryQueue(1000)
  const strange = ['not json', '', 'null', '[]', '{}', '{"version":5}', '{"$array":"Uint8Array"}']
  for (const [i, content] of strange.entries()) await queue.put({ id: `strange ${i}`, group: '', content })
  const work = textOf({
    ...{ version: VERSION, arithmetic: kernelArithmetic(), kind: 'toy', config: {}, key: 'a' },
  })
  await queue.put({ id: 'a', group: '', content: work })
  const controller = new AbortController()
  const told: News[] = []
  await labour(queue, child, {
    signal: controller.signal,
    told(news) {
      told.push(news)
      if (news.type === 'ends') controller.abort()
    },
  })
  expect(told.map(({ type }) => type)).toEqual([...strange.map(() => 'trouble'), 'takes', 'ends'])
  expect(told[0]).toMatchObject({ message: 'left out: this is not the work of a unit: "not json"' })
  expect(await queue.take({ worker: 'another' })).toBeUndefined()
})

/** Refuses what is asked of it once it is closed, as a server's does that would open its connection again. */
class Closing extends MemoryQueue {
  late = 0
  private closed = false
  override async release(lease: Lease) {
    if (this.closed) this.late++
    await super.release(lease)
  }
  override async close() {
    this.closed = true
  }
}

test('where no unit can be done, everything is given back before the queue is closed, and it ends', async () => {
  const queue = new Closing(1000)
  const own = { version: VERSION, arithmetic: kernelArithmetic() }
  for (const id of ['a', 'b'])
    await queue.put({ id, group: id, content: textOf({ ...own, kind: 'nobody knows', config: {}, key: id }) })
  const { signal } = new AbortController()
  const helping = help('', { queue, workers: 2, signal, told: () => undefined })
  await expect(helping).rejects.toThrow(/nobody knows/)
  expect(queue.late).toBe(0)
  expect(await queue.take({ worker: 'another' })).toBeDefined()
  expect(await queue.take({ worker: 'another' })).toBeDefined()
})

const otherArithmetic = kernelArithmetic() === 'fused' ? 'rounded' : 'fused'

test.each([
  [{ version: '0.0.9' }, 'worker.version', 'Install layergym@0.0.9'],
  [{ arithmetic: otherArithmetic } as const, 'worker.arithmetic', 'Set LAYERGYM_KERNELS='],
])('units of %j are given back, with what to do', async (other, code, advice) => {
  const queue = new MemoryQueue(1000)
  const own = { version: VERSION, arithmetic: kernelArithmetic() }
  const work: Work = { ...own, kind: 'toy', config: {}, key: 'a', ...other }
  await queue.put({ id: 'a', group: '', content: textOf(work) })
  const { signal } = new AbortController()
  await expect(labour(queue, child, { signal })).rejects.toMatchObject({
    code,
    exitCode: 2,
    message: expect.stringContaining(advice),
  })
  expect(await queue.take({ worker: 'another' })).toMatchObject({ id: 'a' })
})
