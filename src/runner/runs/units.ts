import { createHash, type Hash } from 'node:crypto'
import { appendFile, mkdir, open, readdir, readFile, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomic } from './atomic.ts'
import { decode, encode, seal, unseal } from './codec.ts'
import type { LogPosition } from './event-log.ts'

const OUTCOMES = 'outcomes'
const CHECKPOINTS = 'checkpoints'
/** The newest may be the one that a crash met; the one before it is whole. */
const CHECKPOINTS_KEPT = 2

/** What became of a unit: what it came to, or why it failed. */
export interface Done<Outcome = unknown> {
  readonly key: string
  /** Of its outcome; a failure's says no more than that. */
  readonly digest: string
  readonly outcome?: Outcome
  readonly failure?: string
  /** What it appended on its way. */
  readonly records: readonly unknown[]
}

/** How far a file of records goes, and what stands in it. */
interface Extent {
  readonly bytes: number
  /** SHA-256 of those bytes. */
  readonly sha256: string
}

/** What a unit saved on its way. */
export interface Saved {
  readonly state: unknown
  readonly records: readonly unknown[]
}

interface Written {
  readonly bytes: number
  readonly hash: Hash
}

interface OutcomeFile extends Omit<Done, 'records'> {
  readonly events: LogPosition
  /** The records that belong to it. */
  readonly records: Extent
}

interface CheckpointFile {
  readonly unit: string
  readonly events: LogPosition
  readonly records: Extent
  readonly state: unknown
}

/**
 * Units on disk: an atomic file an outcome, the newest checkpoints of what is under way, and records that are only ever
 * appended, so that what is written grows with what is done and no faster.
 */
export class UnitStore {
  private checkpoints = 0
  /** What has been written of records, by unit. */
  private readonly written = new Map<string, Written>()

  constructor(private readonly dir: string) {}

  /** The keys of what is done, failures among them. */
  async keys(): Promise<readonly string[]> {
    const names = await readdir(join(this.dir, OUTCOMES)).catch(() => [])
    return names.filter(name => name.endsWith('.json')).map(keyOf)
  }

  async find(key: string): Promise<Done | undefined> {
    const file = await this.outcomeOf(key)
    if (file === undefined) return undefined
    const { events: _, records: extent, ...done } = file
    const records = await this.read(key, extent)
    return records && { ...done, records }
  }

  async finish({ records, ...done }: Done, events: LogPosition): Promise<void> {
    await this.append(done.key, records)
    const file: OutcomeFile = { ...done, events, records: this.extent(done.key) }
    await writeAtomic(join(this.dir, OUTCOMES, fileOf(done.key)), seal(file))
    for (const name of await this.listCheckpoints())
      if ((await this.checkpointOf(name))?.unit === done.key) await this.remove(CHECKPOINTS, name)
  }

  /** They are tried again. */
  async forgetFailures(): Promise<void> {
    for (const key of await this.keys())
      if ((await this.outcomeOf(key))?.failure !== undefined) await this.remove(OUTCOMES, fileOf(key))
  }

  /**
   * Saves the state of a unit that is under way, as it is when this is called, and the records that are new since the last
   * time; one after the other.
   */
  async checkpoint(
    unit: string,
    state: unknown,
    records: readonly unknown[],
    position: LogPosition | Promise<LogPosition>,
  ) {
    const encoded: string | undefined = encode(state)
    const events = await position
    await this.append(unit, records)
    const name = `checkpoint-${String(++this.checkpoints).padStart(6, '0')}.json`
    const file: Omit<CheckpointFile, 'state'> = { unit, events, records: this.extent(unit) }
    await writeAtomic(join(this.dir, CHECKPOINTS, name), seal(file, ['state', encoded]))
    for (const old of (await this.listCheckpoints()).slice(0, -CHECKPOINTS_KEPT))
      await this.remove(CHECKPOINTS, old)
  }

  /** What the unit's newest whole checkpoint has; records after it are cut off. */
  async saved(unit: string): Promise<Saved | undefined> {
    const newest = await this.newest(unit)
    await this.cut(unit, newest?.file.records.bytes ?? 0)
    return newest && { state: newest.file.state, records: newest.records }
  }

  private async newest(
    unit: string,
  ): Promise<{ readonly file: CheckpointFile; readonly records: readonly unknown[] } | undefined> {
    for (const name of (await this.listCheckpoints()).toReversed()) {
      this.checkpoints = Math.max(this.checkpoints, Number(name.replace(/\D/g, '')))
      const file = await this.checkpointOf(name)
      if (file?.unit !== unit) continue
      const records = await this.read(unit, file.records)
      if (records !== undefined) return { file, records }
    }
    return undefined
  }

  /** How many records a unit has that is done, or has a checkpoint. */
  async recorded(unit: string): Promise<number> {
    const records = (await this.find(unit))?.records ?? (await this.newest(unit))?.records ?? []
    return records.length
  }

  /** Bytes of a log that led to what is on the disk. */
  async reached(log: string): Promise<number> {
    const keys = await this.keys()
    const outcomes = await Promise.all(keys.map(key => this.outcomeOf(key)))
    const checkpoints = []
    for (const name of await this.listCheckpoints()) {
      const file = await this.checkpointOf(name)
      if (file === undefined || keys.includes(file.unit)) continue
      if ((await this.size(file.unit)) >= file.records.bytes) checkpoints.push(file)
    }
    return [...outcomes, ...checkpoints].reduce(
      (most, file) => (file?.events.log === log ? Math.max(most, file.events.bytes) : most),
      0,
    )
  }

  private async outcomeOf(key: string): Promise<OutcomeFile | undefined> {
    return (await readEncoded(join(this.dir, OUTCOMES, fileOf(key)))) as OutcomeFile | undefined
  }

  private async checkpointOf(name: string): Promise<CheckpointFile | undefined> {
    return (await readEncoded(join(this.dir, CHECKPOINTS, name))) as CheckpointFile | undefined
  }

  private async listCheckpoints(): Promise<string[]> {
    const names = await readdir(join(this.dir, CHECKPOINTS)).catch(() => [])
    return names.filter(name => /^checkpoint-\d+\.json$/.test(name)).sort()
  }

  private async append(unit: string, records: readonly unknown[]): Promise<void> {
    if (records.length === 0) return
    const text = records.map(record => `${encode(record)}\n`).join('')
    await mkdir(join(this.dir, OUTCOMES), { recursive: true })
    const written = this.written.get(unit) ?? { bytes: 0, hash: createHash('sha256') }
    const path = this.recordsOf(unit)
    await appendFile(path, text).catch(async error => {
      await truncate(path, written.bytes).catch(() => undefined) // nothing half, where the disk is full
      throw error
    })
    const file = await open(path, 'r')
    await file.sync().finally(() => file.close())
    written.hash.update(text)
    this.written.set(unit, { bytes: written.bytes + Buffer.byteLength(text), hash: written.hash })
  }

  private extent(unit: string): Extent {
    const { bytes, hash } = this.written.get(unit) ?? { bytes: 0, hash: createHash('sha256') }
    return { bytes, sha256: hash.copy().digest('hex') }
  }

  /** Undefined where they are cut short or have changed. */
  private async read(unit: string, { bytes, sha256 }: Extent): Promise<readonly unknown[] | undefined> {
    if (bytes === 0) return []
    const content = (await readFile(this.recordsOf(unit)).catch(() => Buffer.alloc(0))).subarray(0, bytes)
    if (content.length < bytes || createHash('sha256').update(content).digest('hex') !== sha256)
      return undefined
    const lines = content.toString('utf8').split('\n').slice(0, -1)
    return lines.map(line => decode(line))
  }

  private async cut(unit: string, bytes: number): Promise<void> {
    if ((await this.size(unit)) > bytes) await truncate(this.recordsOf(unit), bytes)
    const hash = createHash('sha256')
    if (bytes > 0) hash.update(await readFile(this.recordsOf(unit)))
    this.written.set(unit, { bytes, hash })
  }

  private async size(unit: string): Promise<number> {
    return stat(this.recordsOf(unit)).then(
      ({ size }) => size,
      () => 0,
    )
  }

  private recordsOf(unit: string): string {
    return join(this.dir, OUTCOMES, `${fileOf(unit)}l`)
  }

  private async remove(folder: string, name: string): Promise<void> {
    await rm(join(this.dir, folder, name), { force: true })
  }
}

/** The name of an outcome's file. No key has an @, so no two units share one. */
export function fileOf(key: string): string {
  if (key.includes('@')) throw new Error(`a unit's key has an @: ${key}`)
  return `${key.replaceAll('/', '@')}.json`
}

function keyOf(name: string): string {
  return name.replace(/\.json$/, '').replaceAll('@', '/')
}

/** Undefined where it isn't there, a crash left it cut short, or a byte of it has changed. */
async function readEncoded(path: string): Promise<unknown> {
  try {
    return unseal(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}
