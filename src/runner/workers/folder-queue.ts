import { randomUUID } from 'node:crypto'
import { constants, copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { failure } from '../../common/error.ts'
import { contentHash } from '../../data/fingerprint.ts'
import { writeAtomic, writeNew } from '../runs/atomic.ts'
import type { Lease, Parcels, Taker, Task, TrialQueue } from './queue.ts'

/** What a holder writes: who it is, and how often it has said that it lives; `free` where it gave the task back. */
interface Held {
  readonly worker: string
  readonly beat: number
  readonly free?: boolean
}

interface Waiting {
  /** Of its file. */
  readonly name: string
  readonly id: string
  readonly group: string
}

interface Options {
  readonly leaseTime?: number
  /** Milliseconds of whatever origin: compared with itself alone. */
  readonly clock?: () => number
}

/**
 * A queue in a folder that all machines see (NFS too), without a server. A lease is a file that only one can make; its
 * number is the fence. It has ended when somebody who looks has seen it unchanged for `leaseTime` by their own clock. A
 * result is a file that only one can make.
 */
export class FolderQueue implements TrialQueue {
  readonly leaseTime: number
  readonly parcels: Parcels
  private readonly clock: () => number
  /** What was seen of others' leases, and when first. */
  private readonly seen = new Map<string, { readonly text: string; readonly at: number }>()
  private readonly beats = new Map<string, number>()
  private readonly own = randomUUID()
  /** The best comes last. */
  private fresh: Waiting[] = []

  constructor(
    private readonly dir: string,
    { leaseTime = 30_000, clock = () => performance.now() }: Options = {},
  ) {
    this.leaseTime = leaseTime
    this.clock = clock
    this.parcels = new FolderParcels(join(dir, 'parcels'))
  }

  async put({ id, group, content }: Task): Promise<void> {
    await writeNew(
      this.path('tasks', `${groupName(group)}.${id}`),
      JSON.stringify({ id, group, content }),
    ).catch(known)
  }

  async take({ worker, group }: Taker): Promise<Lease | undefined> {
    const own = group === undefined ? undefined : groupName(group)
    const known = await this.claimFresh(worker, own)
    if (known !== undefined) return known
    const done = new Set(await names(this.path('results')))
    const fences = await this.fences()
    const waiting = (await names(this.path('tasks')))
      .map(name => ({ name, group: name.slice(0, GROUP), id: name.slice(GROUP + 1) }))
      .filter(({ id }) => !done.has(id))
    const held = new Set(waiting.filter(({ id }) => fences.has(id)).map(each => each.group))
    // Each in an order of its own: of many who look at once, few want the same.
    const fresh = waiting
      .filter(({ id }) => !fences.has(id))
      .map(each => ({ each, place: groupName(this.own + each.id) }))
      .sort((a, b) => (a.place < b.place ? -1 : 1))
      .map(({ each }) => each)
    this.fresh = [
      ...fresh.filter(each => held.has(each.group)),
      ...fresh.filter(each => !held.has(each.group)),
    ]
    return (await this.claimFresh(worker, own)) ?? this.claimEnded(waiting, fences, worker)
  }

  /** Of those that nobody had when it was looked last: a look at a large folder takes long. */
  private async claimFresh(worker: string, group: string | undefined): Promise<Lease | undefined> {
    while (this.fresh.length > 0) {
      const same = this.fresh.findLastIndex(each => each.group === group)
      const [each] = this.fresh.splice(same, 1)
      const lease = await this.claim(each, 1, worker)
      if (lease !== undefined) return lease
    }
    return undefined
  }

  private async claimEnded(
    waiting: readonly Waiting[],
    fences: ReadonlyMap<string, number>,
    worker: string,
  ): Promise<Lease | undefined> {
    for (const id of this.seen.keys()) if (!fences.has(id)) this.seen.delete(id)
    for (const each of waiting) {
      const fence = fences.get(each.id)
      if (fence === undefined || !(await this.ended(each.id, fence))) continue
      const lease = await this.claim(each, fence + 1, worker)
      if (lease !== undefined) return lease
    }
    return undefined
  }

  async renew({ id, fence }: Lease): Promise<boolean> {
    const own = await this.heldBy(id, Number(fence))
    if (own === undefined) return false
    const beat = (this.beats.get(id) ?? 0) + 1
    this.beats.set(id, beat)
    await this.say(id, Number(fence), { worker: own.worker, beat })
    return true
  }

  async release({ id, fence }: Lease): Promise<void> {
    const own = await this.heldBy(id, Number(fence))
    if (own !== undefined) await this.say(id, Number(fence), { ...own, free: true })
  }

  async finish({ id, fence, group }: Lease, result: string): Promise<boolean> {
    if ((await this.heldBy(id, Number(fence))) === undefined) return false
    if (!(await isThere(this.path('tasks', `${groupName(group)}.${id}`)))) return false
    this.beats.delete(id)
    return writeNew(this.path('results', id), result).then(() => true, known)
  }

  async results(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const there = new Set(await names(this.path('results')))
    const found = new Map<string, string>()
    for (const id of ids.filter(each => there.has(each))) {
      const text = await readFile(this.path('results', id), 'utf8').catch(gone)
      if (text !== undefined) found.set(id, text)
    }
    return found
  }

  /** The task first: whoever holds it finishes nothing from then on. */
  async remove(ids: readonly string[]): Promise<void> {
    const all = new Set(ids)
    const own = (folder: string, from: number, to?: number) =>
      names(this.path(folder)).then(found => found.filter(name => all.has(name.slice(from, to))))
    for (const name of await own('tasks', GROUP + 1)) await rm(this.path('tasks', name), { force: true })
    for (const id of ids) await rm(this.path('results', id), { force: true })
    for (const name of await own('leases', 0, ID)) await rm(this.path('leases', name), { force: true })
  }

  changed(milliseconds: number): Promise<void> {
    return pause(milliseconds)
  }

  async close(): Promise<void> {}

  private async claim({ name, id }: Waiting, fence: number, worker: string): Promise<Lease | undefined> {
    const path = this.leaseOf(id, fence)
    // Cheaper than to write, and be told.
    if (await isThere(path)) return undefined
    const made = await writeNew(path, JSON.stringify({ worker, beat: 0 } satisfies Held)).then(
      () => true,
      known,
    )
    if (!made) return undefined
    const text = await readFile(this.path('tasks', name), 'utf8').catch(gone)
    if (text === undefined || (await isThere(this.path('results', id)))) {
      await rm(path, { force: true })
      return undefined
    }
    this.beats.set(id, 0)
    return { ...(JSON.parse(text) as Task), fence: String(fence), tries: fence }
  }

  /** The highest fence of every task that was ever taken. */
  private async fences(): Promise<ReadonlyMap<string, number>> {
    const highest = new Map<string, number>()
    for (const name of await names(this.path('leases'))) {
      const [id, fence] = name.split('.')
      highest.set(id, Math.max(highest.get(id) ?? 0, Number(fence)))
    }
    return highest
  }

  private async ended(id: string, fence: number): Promise<boolean> {
    const path = this.leaseOf(id, fence)
    const text = await readFile(path, 'utf8').catch(gone)
    if (text === undefined) return false
    if ((JSON.parse(text) as Held).free === true) return true
    const before = this.seen.get(id)
    const now = this.clock()
    const stamp = `${fence} ${text}`
    if (before?.text === stamp) return now - before.at >= this.leaseTime
    this.seen.set(id, { text: stamp, at: now })
    return false
  }

  /** What the holder last said, unless another has the task now, or it is free. */
  private async heldBy(id: string, fence: number): Promise<Held | undefined> {
    if (await isThere(this.leaseOf(id, fence + 1))) return undefined
    const text = await readFile(this.leaseOf(id, fence), 'utf8').catch(gone)
    if (text === undefined) return undefined
    const held = JSON.parse(text) as Held
    return held.free === true ? undefined : held
  }

  private say(id: string, fence: number, held: Held): Promise<void> {
    return writeAtomic(this.leaseOf(id, fence), JSON.stringify(held))
  }

  private leaseOf(id: string, fence: number): string {
    return this.path('leases', `${id}.${fence}`)
  }

  private path(folder: string, name?: string): string {
    return name === undefined ? join(this.dir, folder) : join(this.dir, folder, `${name}.json`)
  }
}

/** Contents as files. */
class FolderParcels implements Parcels {
  constructor(private readonly dir: string) {}

  has(sha256: string): Promise<boolean> {
    return isThere(join(this.dir, sha256))
  }

  async send(sha256: string, path: string): Promise<void> {
    await mkdir(this.dir, { recursive: true })
    const temporary = join(this.dir, `${sha256}.${process.pid}.partial`)
    await copyFile(path, temporary)
    await rename(temporary, join(this.dir, sha256))
  }

  async fetch(sha256: string, path: string): Promise<void> {
    const source = join(this.dir, sha256)
    await copyFile(source, path, constants.COPYFILE_FICLONE)
    if ((await contentHash(path)) === sha256) return
    await rm(path)
    throw failure('worker.parcel', `${source} is not what was sent: remove it, and start the run again`)
  }
}

/** Of a group, in a file's name; and of an id. */
const GROUP = 8
const ID = 32

function groupName(group: string): string {
  let hash = 0
  for (const char of group) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0
  return hash.toString(16).padStart(GROUP, '0')
}

/** Without their ends; what is being written is not there yet. */
async function names(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder).catch(error => (error.code === 'ENOENT' ? [] : Promise.reject(error)))
  return found.filter(name => name.endsWith('.json')).map(name => name.slice(0, -'.json'.length))
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    error => (error.code === 'ENOENT' ? false : Promise.reject(error)),
  )
}

function known(error: NodeJS.ErrnoException): false {
  if (error.code === 'EEXIST') return false
  throw error
}

function gone(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
