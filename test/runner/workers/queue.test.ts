import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FolderQueue } from '../../../src/runner/workers/folder-queue.ts'
import { MemoryQueue } from '../../../src/runner/workers/memory-queue.ts'
import type { Lease, TrialQueue } from '../../../src/runner/workers/queue.ts'
import { RedisQueue } from '../../../src/runner/workers/redis-queue.ts'
import { HAS_REDIS, RedisServer } from '../../support/redis.ts'

/** Milliseconds: short, so that a lease ends within a test. */
const LEASE = 300

const root = mkdtempSync(join(tmpdir(), 'layergym-queue-'))
let server: RedisServer | undefined
beforeAll(async () => {
  if (HAS_REDIS) server = await RedisServer.start({ password: 'open sesame'.replace(' ', '') })
})
afterAll(async () => {
  rmSync(root, { recursive: true, force: true })
  await server?.stop()
})

let queues = 0

/** Makes the same queue as seen by so many machines. */
const KINDS: readonly (readonly [string, (machines: number) => readonly TrialQueue[]])[] = [
  [
    'memory',
    machines => {
      const queue = new MemoryQueue(LEASE)
      return Array.from({ length: machines }, () => queue)
    },
  ],
  [
    'a folder',
    machines => {
      const dir = join(root, `queue-${queues++}`)
      // A minute ahead, a minute behind: nobody looks at another's clock.
      return Array.from({ length: machines }, (_, i) => {
        const clock = () => performance.now() + (i - 1) * 60_000
        return new FolderQueue(dir, { leaseTime: LEASE, clock })
      })
    },
  ],
  [
    'Redis',
    machines => {
      const name = `queue-${queues++}`
      return Array.from({ length: machines }, () => {
        return new RedisQueue(new URL(`${server?.url}/0?name=${name}`), { leaseTime: LEASE })
      })
    },
  ],
]

const idOf = (name: string) => createHash('sha256').update(name).digest('hex').slice(0, 32)
const taskOf = (name: string, group = '') => ({ id: idOf(name), group, content: `do ${name}` })

/** Looks until there is one: a lease that has ended is known by looking. */
async function taken(queue: TrialQueue, worker: string, group?: string): Promise<Lease> {
  for (let tries = 0; tries < 100; tries++) {
    const lease = await queue.take({ worker, group })
    if (lease !== undefined) return lease
    await pause(LEASE / 10)
  }
  throw new Error('nothing to take')
}

for (const [name, make] of KINDS) {
  describe.skipIf(name === 'Redis' && !HAS_REDIS)(
    `a queue: ${name}${HAS_REDIS ? '' : ' (no redis-server here)'}`,
    () => {
      test('gives each task to one, and nothing to the next', async () => {
        const [mine, yours] = make(2)
        for (const each of ['a', 'b', 'a']) await mine.put(taskOf(each))
        const first = await mine.take({ worker: 'me' })
        const second = await yours.take({ worker: 'you' })
        expect([first?.content, second?.content].sort()).toEqual(['do a', 'do b'])
        expect(await yours.take({ worker: 'you' })).toBeUndefined()
      })

      test('keeps the first result, and forgets it when it is told to', async () => {
        const [mine, yours] = make(2)
        await mine.put(taskOf('a'))
        const lease = await taken(yours, 'you')
        expect((await mine.results([lease.id])).size).toBe(0)
        expect(await yours.finish(lease, 'done')).toBe(true)
        expect(await yours.finish(lease, 'done again')).toBe(false)
        expect([...(await mine.results([lease.id, idOf('other')]))]).toEqual([[lease.id, 'done']])
        await mine.put(taskOf('a'))
        expect(await yours.take({ worker: 'you' })).toBeUndefined()
        await mine.remove([lease.id])
        expect((await mine.results([lease.id])).size).toBe(0)
        await mine.put(taskOf('a'))
        expect((await taken(yours, 'you')).id).toBe(lease.id)
      })

      test('a lease that is renewed lasts; one that is not is the next one’s, and a sleeper changes nothing', async () => {
        const [mine, yours] = make(2)
        await mine.put(taskOf('a'))
        const sleeper = await taken(mine, 'me')
        for (let i = 0; i < 8; i++) {
          await pause(LEASE / 4)
          expect(await mine.renew(sleeper)).toBe(true)
          expect(await yours.take({ worker: 'you' })).toBeUndefined()
        }
        const next = await taken(yours, 'you')
        expect(next).toMatchObject({ id: sleeper.id, tries: 2 })
        expect(next.fence).not.toBe(sleeper.fence)
        expect(await mine.renew(sleeper)).toBe(false)
        expect(await mine.finish(sleeper, 'too late')).toBe(false)
        await mine.release(sleeper)
        expect(await mine.take({ worker: 'me' })).toBeUndefined()
        expect(await yours.finish(next, 'done')).toBe(true)
        expect(await mine.finish(sleeper, 'too late')).toBe(false)
        expect([...(await mine.results([next.id])).values()]).toEqual(['done'])
      })

      test('what is given back is there at once; nothing comes of what was removed', async () => {
        const [mine, yours] = make(2)
        await mine.put(taskOf('a'))
        const lease = await taken(mine, 'me')
        await mine.release(lease)
        const again = await yours.take({ worker: 'you' })
        expect(again?.id).toBe(lease.id)
        await mine.remove([lease.id])
        expect(await yours.renew(again as Lease)).toBe(false)
        expect(await yours.finish(again as Lease, 'nobody asked')).toBe(false)
        expect((await mine.results([lease.id])).size).toBe(0)
      })

      test('who had one of a group gets another of it; who comes new begins with another group', async () => {
        const [mine, yours] = make(2)
        for (const [each, group] of [
          ['a', 'x'],
          ['b', 'x'],
          ['c', 'y'],
          ['d', 'y'],
        ])
          await mine.put(taskOf(each, group))
        const first = await taken(mine, 'me', 'x')
        expect(first.group).toBe('x')
        expect((await taken(yours, 'you')).group).toBe('y')
        await mine.finish(first, 'done')
        expect((await taken(mine, 'me', 'x')).group).toBe('x')
      })

      test('of many at once, each task is one’s', async () => {
        const machines = make(4)
        const names = Array.from({ length: 24 }, (_, i) => `unit ${i}`)
        await Promise.all(names.map(each => machines[0].put(taskOf(each))))
        const got = await Promise.all(
          machines.map(async (queue, i) => {
            const own: string[] = []
            for (;;) {
              const lease = await queue.take({ worker: String(i) })
              if (lease === undefined) return own
              own.push(lease.content)
              await queue.finish(lease, lease.content)
            }
          }),
        )
        expect(got.flat().sort()).toEqual(names.map(each => `do ${each}`).sort())
        expect((await machines[1].results(names.map(idOf))).size).toBe(names.length)
      })

      test.skipIf(name === 'memory')(
        'brings files by their content, and refuses one that is not there',
        async () => {
          const [mine, yours] = make(2)
          const content = randomBytes(5 * 2 ** 20)
          const sha256 = createHash('sha256').update(content).digest('hex')
          const [here, there] = [join(root, `here-${queues}`), join(root, `there-${queues}`)]
          writeFileSync(here, content)
          expect(await yours.parcels?.has(sha256)).toBe(false)
          await expect(yours.parcels?.fetch(sha256, there)).rejects.toThrow()
          await mine.parcels?.send(sha256, here)
          expect(await yours.parcels?.has(sha256)).toBe(true)
          await yours.parcels?.fetch(sha256, there)
          expect(readFileSync(there).equals(content)).toBe(true)
        },
      )
    },
  )
}

describe.skipIf(!HAS_REDIS)('a Redis server', () => {
  test('that wants another password refuses, and says so', async () => {
    const queue = new RedisQueue(new URL(`redis://:wrong@127.0.0.1:${server?.port}`))
    await expect(queue.take({ worker: 'me' })).rejects.toMatchObject({ code: 'redis.access', exitCode: 2 })
  })

  test('that is not there is a failure, which may be tried again', async () => {
    const queue = new RedisQueue(new URL('redis://127.0.0.1:1'))
    await expect(queue.take({ worker: 'me' })).rejects.toMatchObject({
      code: 'redis.connection',
      exitCode: 1,
    })
    await expect(queue.take({ worker: 'me' })).rejects.toMatchObject({ code: 'redis.connection' })
  })
})
