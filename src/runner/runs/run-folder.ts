import { existsSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, rm, rmdir, stat, truncate, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { inputError, type LayergymError } from '../../common/error.ts'
import { writeAtomic, writeNew } from './atomic.ts'
import { decode, encode } from './codec.ts'
import { refuseEdited } from './edited-config.ts'
import { isRecorded, type RunEvent } from './events.ts'
import { foreignFiles, isUnfinished, removeRunFiles } from './run-files.ts'

const CONFIG = 'config.json'
const EVENTS = 'events.jsonl'
const CHECKPOINTS = 'checkpoints'
/** A copy of the configuration, by which one that was edited is known. */
const BEGUN_WITH = join(CHECKPOINTS, CONFIG)
/** The newest may be the one that a crash met; the one before it is whole. */
const CHECKPOINTS_KEPT = 2
/** Names in a message. */
const SHOWN = 5

/** A run on disk: resolved config, events, checkpoints, summary; every file whole or absent. */
export class RunFolder {
  private written = 0
  private checkpoints = 0
  /** Events that are on their way to the disk, in order. */
  private recorded: Promise<void> = Promise.resolve()

  private constructor(readonly dir: string) {}

  /**
   * @throws input error when the folder holds something already and `overwrite` isn't set, or something that no run
   * has written: that is never overwritten
   */
  static async refuseExisting(path: string, overwrite: boolean): Promise<void> {
    const dir = resolve(path)
    if (!existsSync(dir)) return
    if (!(await stat(dir)).isDirectory())
      throw inputError('run.not-a-folder', `${dir} is a file: choose another --out`)
    // A run that was killed while it began left no more than that.
    const content = (await readdir(dir)).filter(name => !isUnfinished(name))
    if (content.length === 0) return
    const config = await knownConfig(dir)
    if (!overwrite) throw exists(dir, config !== undefined)
    if (config === undefined) {
      const found = content.includes(CONFIG) ? `a ${CONFIG} that is not a run's` : listed(content)
      throw inputError(
        'run.not-a-run',
        `${dir} holds other files than a run's (${found}): it is not overwritten, choose another --out`,
      )
    }
    const foreign = await foreignFiles(dir, config)
    if (foreign.length > 0) {
      throw inputError(
        'run.other-files',
        `${dir} holds more than its run has written: ${listed(foreign)}. Nothing was deleted: move that away, or choose another --out`,
      )
    }
  }

  /** @throws as `refuseExisting`; a folder that can't be filled is left as if nothing had been tried */
  static async create(path: string, config: unknown, overwrite: boolean): Promise<RunFolder> {
    await RunFolder.refuseExisting(path, overwrite)
    const dir = resolve(path)
    const isNew = !existsSync(dir)
    const text = `${JSON.stringify(config, null, 2)}\n`
    if (overwrite) await removeRunFiles(dir, await knownConfig(dir))
    let begun = false
    try {
      // Of two that begin here at once, one gets the folder.
      await writeNew(join(dir, CONFIG), text).catch(error => {
        throw existsSync(join(dir, CONFIG)) ? exists(dir, true) : error
      })
      begun = true
      const folder = new RunFolder(dir)
      await writeAtomic(join(dir, BEGUN_WITH), text)
      await writeFile(join(dir, EVENTS), '', { flag: 'a' })
      await folder.removeUnfinished()
      return folder
    } catch (error) {
      if (begun) await removeRunFiles(dir, config)
      if (isNew) await rmdir(dir).catch(() => undefined)
      throw error
    }
  }

  /** @throws input error when the folder is no run's, or its configuration isn't the one that it began with */
  static async open(path: string): Promise<{ folder: RunFolder; config: unknown }> {
    const dir = resolve(path)
    const file = join(dir, CONFIG)
    if (!existsSync(file)) throw inputError('run.missing', `${dir} is not a run folder: it has no ${CONFIG}`)
    let config: unknown
    try {
      config = JSON.parse(await readFile(file, 'utf8'))
    } catch (error) {
      throw inputError('run.broken', `${file} can't be read`, { cause: error })
    }
    const begunWith = await readJson(join(dir, BEGUN_WITH))
    if (begunWith !== undefined) refuseEdited(file, begunWith, config)
    return { folder: new RunFolder(dir), config }
  }

  /** After the events before it. Need not be awaited: what fails is thrown by the next `checkpoint` or `write` too. */
  record(event: RunEvent): Promise<void> {
    if (!isRecorded(event)) return this.recorded
    this.recorded = this.recorded.then(() => this.append(event))
    this.recorded.catch(() => undefined)
    return this.recorded
  }

  private async append(event: RunEvent): Promise<void> {
    const line = `${JSON.stringify(event)}\n`
    const file = join(this.dir, EVENTS)
    await appendFile(file, line).catch(async error => {
      await truncate(file, this.written).catch(() => undefined) // no half line, where the disk is full
      throw error
    })
    this.written += Buffer.byteLength(line)
  }

  /** Saves a state together with how many events led to it. */
  async checkpoint(state: unknown): Promise<void> {
    await this.recorded
    const name = `checkpoint-${String(++this.checkpoints).padStart(6, '0')}.json`
    await writeAtomic(join(this.dir, CHECKPOINTS, name), encode({ events: this.written, state }))
    const all = await this.listCheckpoints()
    for (const old of all.slice(0, -CHECKPOINTS_KEPT))
      await rm(join(this.dir, CHECKPOINTS, old), { force: true })
  }

  /** The newest whole checkpoint; events after it are cut off, since they will be made again. */
  async restore(): Promise<unknown | undefined> {
    const events = join(this.dir, EVENTS)
    await mkdir(join(this.dir, CHECKPOINTS), { recursive: true })
    await this.removeUnfinished()
    await appendFile(events, '')
    for (const name of (await this.listCheckpoints()).reverse()) {
      const saved = await readCheckpoint(join(this.dir, CHECKPOINTS, name))
      if (saved === undefined) continue
      this.checkpoints = Number(name.replace(/\D/g, ''))
      this.written = Math.min(saved.events, (await stat(events)).size)
      await truncate(events, this.written)
      return saved.state
    }
    await truncate(events, 0)
    return undefined
  }

  /** After the events that led to it. */
  async write(name: string, content: string): Promise<string> {
    await this.recorded
    const path = join(this.dir, name)
    await writeAtomic(path, content)
    return path
  }

  async read(name: string): Promise<string | undefined> {
    const path = join(this.dir, name)
    return existsSync(path) ? readFile(path, 'utf8') : undefined
  }

  /** What a kill left half-written. */
  private async removeUnfinished(): Promise<void> {
    for (const folder of [this.dir, join(this.dir, CHECKPOINTS)])
      for (const name of await readdir(folder))
        if (isUnfinished(name)) await rm(join(folder, name), { recursive: true, force: true })
  }

  private async listCheckpoints(): Promise<string[]> {
    const names = await readdir(join(this.dir, CHECKPOINTS)).catch(() => [])
    return names.filter(name => /^checkpoint-\d+\.json$/.test(name)).sort()
  }
}

function exists(dir: string, isRun: boolean): LayergymError {
  return inputError(
    'run.exists',
    `the run folder ${dir} exists already: choose another --out` +
      `${isRun ? `, add --overwrite, or finish that run with: layergym resume ${dir}` : ''}`,
  )
}

function listed(names: readonly string[]): string {
  return names.length > SHOWN
    ? `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`
    : names.join(', ')
}

/** A run's, of whatever kind; undefined where the folder's configuration is another program's, or missing. */
async function knownConfig(dir: string): Promise<unknown | undefined> {
  const begunWith = await readJson(join(dir, BEGUN_WITH))
  if (begunWith !== undefined) return begunWith
  // Of an earlier version: every kind of run has these two settings, and another program's hardly both.
  const config = await readJson(join(dir, CONFIG))
  const isRun = typeof config === 'object' && config !== null && 'overwrite' in config && 'seed' in config
  return isRun ? config : undefined
}

async function readJson(path: string): Promise<unknown | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}

async function readCheckpoint(path: string): Promise<{ events: number; state: unknown } | undefined> {
  try {
    return decode(await readFile(path, 'utf8')) as { events: number; state: unknown }
  } catch {
    return undefined
  }
}

/** Errors of open files come without a path: a full disk is then told by the run folder's. */
export async function atFolder<T>({ dir }: RunFolder, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && !('path' in error))
      Object.assign(error, { path: dir })
    throw error
  }
}
