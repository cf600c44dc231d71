import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { failure } from '../../common/error.ts'
import { contentHash } from '../../data/fingerprint.ts'
import type { Lease, Parcels, Taker, Task, TrialQueue } from './queue.ts'
import { RedisClient, type Reply } from './redis-client.ts'
import { FINISH, PUT, RELEASE, REMOVE, RENEW, TAKE } from './redis-scripts.ts'

/** Bytes of a file that are sent at once. */
const CHUNK = 4 * 2 ** 20
const LEASE = 30_000

/**
 * A queue on a Redis server: every step is one script, so one that happens wholly or not at all, and the time is the
 * server's alone. What a server forgets that starts without its memory is put again by whoever waits for it.
 */
export class RedisQueue implements TrialQueue {
  readonly leaseTime: number
  readonly parcels: Parcels
  private readonly client: RedisClient
  private readonly prefix: string

  constructor(url: URL, { leaseTime = LEASE }: { readonly leaseTime?: number } = {}) {
    this.leaseTime = leaseTime
    this.client = new RedisClient(url)
    this.prefix = `${url.searchParams.get('name') ?? 'layergym'}:`
    this.parcels = new RedisParcels(this.client, `${this.prefix}p:`)
  }

  async put({ id, group, content }: Task): Promise<void> {
    await this.run(PUT, id, group, content, randomUUID())
  }

  async take({ group = '' }: Taker): Promise<Lease | undefined> {
    const reply = await this.run(TAKE, group, String(this.leaseTime))
    if (!Array.isArray(reply)) return undefined
    const [id, own, content, fence, tries] = reply.map(text)
    return { id, group: own, content, fence, tries: Number(tries) }
  }

  async renew({ id, fence }: Lease): Promise<boolean> {
    return (await this.run(RENEW, id, fence, String(this.leaseTime))) === 1
  }

  async release({ id, fence }: Lease): Promise<void> {
    await this.run(RELEASE, id, fence)
  }

  async finish({ id, fence }: Lease, result: string): Promise<boolean> {
    return (await this.run(FINISH, id, fence, result)) === 1
  }

  /** Which there are is asked for first: a round's results may be large. */
  async results(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const wanted = new Set(ids)
    const there = (await this.client.command('HKEYS', `${this.prefix}r`)) as readonly Reply[]
    const found = new Map<string, string>()
    for (const id of there.map(text).filter(each => wanted.has(each))) {
      const reply = await this.client.command('HGET', `${this.prefix}r`, id)
      if (reply !== null) found.set(id, text(reply))
    }
    return found
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.run(REMOVE, id)
  }

  changed(milliseconds: number): Promise<void> {
    return pause(milliseconds)
  }

  async close(): Promise<void> {
    this.client.close()
  }

  private run(script: string, ...args: readonly string[]): Promise<Reply> {
    return this.client.command('EVAL', script, 0, this.prefix, ...args)
  }
}

/** Contents in pieces; how many there are is written last. */
class RedisParcels implements Parcels {
  constructor(
    private readonly client: RedisClient,
    private readonly prefix: string,
  ) {}

  async has(sha256: string): Promise<boolean> {
    return (await this.client.command('EXISTS', this.prefix + sha256)) === 1
  }

  async send(sha256: string, path: string): Promise<void> {
    const file = await open(path, 'r')
    try {
      let count = 0
      for await (const chunk of file.createReadStream({ highWaterMark: CHUNK, autoClose: false }))
        await this.client.command('SET', `${this.prefix}${sha256}:${count++}`, chunk as Buffer)
      await this.client.command('SET', this.prefix + sha256, count)
    } finally {
      await file.close()
    }
  }

  async fetch(sha256: string, path: string): Promise<void> {
    const count = await this.client.command('GET', this.prefix + sha256)
    const stream = createWriteStream(path, { flags: 'wx' })
    for (let i = 0; count !== null && i < Number(text(count)); i++) {
      const chunk = await this.client.command('GET', `${this.prefix}${sha256}:${i}`)
      if (Buffer.isBuffer(chunk)) stream.write(chunk)
    }
    await finished(stream.end())
    if (count !== null && (await contentHash(path)) === sha256) return
    await rm(path)
    throw failure('worker.parcel', `the Redis server has no file ${sha256.slice(0, 12)}…, which a unit needs`)
  }
}

function text(reply: Reply): string {
  return Buffer.isBuffer(reply) ? reply.toString('utf8') : String(reply)
}
