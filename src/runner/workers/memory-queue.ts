import { setTimeout as pause } from 'node:timers/promises'
import type { Lease, Taker, Task, TrialQueue } from './queue.ts'

interface Entry {
  readonly task: Task
  tries: number
  /** When the holder's time is up, by `clock`; undefined where nobody has it. */
  until?: number
  result?: string
}

/** A queue within one process, of its own children; and the reference that the others are tested against. */
export class MemoryQueue implements TrialQueue {
  private readonly entries = new Map<string, Entry>()
  private waiting: (() => void)[] = []

  constructor(
    readonly leaseTime = 60_000,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  async put(task: Task): Promise<void> {
    if (this.entries.has(task.id)) return
    this.entries.set(task.id, { task, tries: 0 })
    this.tell()
  }

  async take({ group }: Taker): Promise<Lease | undefined> {
    const now = this.clock()
    const held = new Set<string>()
    const free: Entry[] = []
    for (const entry of this.entries.values()) {
      if (entry.result !== undefined) continue
      if (entry.until !== undefined && entry.until > now) held.add(entry.task.group)
      else free.push(entry)
    }
    const suits =
      free.find(({ task }) => task.group === group) ?? free.find(({ task }) => !held.has(task.group))
    const entry = suits ?? free[0]
    if (entry === undefined) return undefined
    entry.tries++
    entry.until = now + this.leaseTime
    return { ...entry.task, fence: String(entry.tries), tries: entry.tries }
  }

  async renew(lease: Lease): Promise<boolean> {
    const entry = this.heldBy(lease)
    if (entry === undefined) return false
    entry.until = this.clock() + this.leaseTime
    return true
  }

  async release(lease: Lease): Promise<void> {
    const entry = this.heldBy(lease)
    if (entry !== undefined) entry.until = undefined
    this.tell()
  }

  async finish(lease: Lease, result: string): Promise<boolean> {
    const entry = this.heldBy(lease)
    if (entry === undefined) return false
    entry.result = result
    this.tell()
    return true
  }

  async results(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return new Map(
      ids.flatMap(id => {
        const result = this.entries.get(id)?.result
        return result === undefined ? [] : [[id, result] as const]
      }),
    )
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.entries.delete(id)
  }

  async changed(milliseconds: number): Promise<void> {
    const controller = new AbortController()
    await Promise.race([
      new Promise<void>(resolve => this.waiting.push(resolve)),
      pause(milliseconds, undefined, { signal: controller.signal }).catch(() => undefined),
    ])
    controller.abort()
  }

  async close(): Promise<void> {
    this.tell()
  }

  private heldBy({ id, fence }: Lease): Entry | undefined {
    const entry = this.entries.get(id)
    const has = entry !== undefined && entry.result === undefined && entry.until !== undefined
    return has && String(entry.tries) === fence ? entry : undefined
  }

  private tell(): void {
    const { waiting } = this
    this.waiting = []
    for (const wake of waiting) wake()
  }
}
