import { existsSync } from 'node:fs'
import { readdir, rm, rmdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { inputError, type LayergymError } from '../../common/error.ts'
import { readTextFile } from '../../common/regular-file.ts'
import type { Clock } from '../play/roles.ts'
import { writeAtomic, writeNew } from './atomic.ts'
import { refuseEdited } from './edited-config.ts'
import { EventLog, type LogPosition } from './event-log.ts'
import { refuseBusy } from './lock.ts'
import type { Origin } from './origin.ts'
import { anchored, portable } from './places.ts'
import { foreignFiles, isUnfinished, refuseLinks, removeRunFiles } from './run-files.ts'

const CONFIG = 'config.json'
const RUN = 'run.json'
const SUMMARY = 'summary.json'
const EVENTS = 'events.jsonl'
const CHECKPOINTS = 'checkpoints'
const OUTCOMES = 'outcomes'
/** A copy of the configuration, by which one that was edited is known. */
const BEGUN_WITH = join(CHECKPOINTS, CONFIG)
interface Begun extends Origin {
  readonly events: LogPosition
  /** Where the folder lay: paths of its configuration may lead on from there alone. */
  readonly place: string
}

/** Names in a message. */
const SHOWN = 5

/** A run on disk: resolved config, what it comes from, events, units, summary; every file whole or absent. */
export class RunFolder {
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
    await refuseBusy(dir)
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
    const text = `${JSON.stringify(portable(config, dir), null, 2)}\n`
    if (overwrite) await removeRunFiles(dir, await knownConfig(dir))
    let begun = false
    try {
      // Of two that begin here at once, one gets the folder.
      await writeNew(join(dir, CONFIG), text).catch(error => {
        throw existsSync(join(dir, CONFIG)) ? exists(dir, true) : error
      })
      begun = true
      await writeAtomic(join(dir, BEGUN_WITH), text)
      return new RunFolder(dir)
    } catch (error) {
      if (begun) await removeRunFiles(dir, config)
      if (isNew) await rmdir(dir).catch(() => undefined)
      throw error
    }
  }

  /**
   * A run and its configuration, whose paths lead where they led when it began, though the folder has been moved: alone,
   * or with what lies around it.
   * @throws input error when the folder is no run's or an earlier version's, or its configuration isn't the one that it
   * began with
   */
  static async open(path: string): Promise<{ folder: RunFolder; config: unknown }> {
    const dir = resolve(path)
    const file = join(dir, CONFIG)
    if (!existsSync(file)) throw inputError('run.missing', `${dir} is not a run folder: it has no ${CONFIG}`)
    await refuseLinks(dir, undefined)
    let config: unknown
    try {
      config = JSON.parse(await readTextFile(file))
    } catch (error) {
      throw inputError('run.broken', `${file} can't be read`, { cause: error })
    }
    const begunWith = await readJson(join(dir, BEGUN_WITH))
    if (begunWith !== undefined) refuseEdited(file, begunWith, config)
    if (typeof Object(config).kind !== 'string') throw await older(dir)
    await refuseLinks(dir, config)
    const { place } = Object((await readJson(join(dir, RUN))) ?? {}) as { readonly place?: unknown }
    const before = typeof place === 'string' ? place : undefined
    return { folder: new RunFolder(dir), config: anchored(config, dir, before) }
  }

  /** What the run comes from, and how far its log goes that tells of its beginning; undefined where it has not begun. */
  async origin(): Promise<{ readonly origin: Origin; readonly events: LogPosition } | undefined> {
    const text = await this.read(RUN)
    if (text === undefined) return undefined
    try {
      const { events, place: _, ...origin } = JSON.parse(text) as Begun
      if (typeof events?.bytes === 'number') return { origin, events }
    } catch {} // told below
    throw inputError('run.broken', `${join(this.dir, RUN)} is damaged: the run can't be resumed`)
  }

  /** From here on the folder's run has begun. */
  async begin(origin: Origin, events: LogPosition): Promise<void> {
    const begun: Begun = { ...origin, events, place: this.dir }
    await this.write(RUN, `${JSON.stringify(begun, null, 2)}\n`)
  }

  /** Paths in it are relative to the folder. The last file: where it lies, the run is done. */
  async finish(summary: unknown): Promise<void> {
    await this.write(SUMMARY, `${JSON.stringify(portable(summary, this.dir), null, 2)}\n`)
  }

  /** What the run came to; undefined where it isn't done. */
  async summary(): Promise<unknown> {
    const text = await this.read(SUMMARY)
    return text === undefined ? undefined : anchored(JSON.parse(text), this.dir)
  }

  /** The run's events; a part of the work has a log of its own, since one can't be written by several. */
  log(clock: Clock, part: string | undefined): EventLog {
    const name = part === undefined ? EVENTS : `events-${part.replace('/', '-of-')}.jsonl`
    return new EventLog(join(this.dir, name), name, clock)
  }

  async write(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.dir, name)
    await writeAtomic(path, content)
    return path
  }

  async read(name: string): Promise<string | undefined> {
    const path = join(this.dir, name)
    return existsSync(path) ? readTextFile(path) : undefined
  }

  /** Removes what a kill left half-written. */
  async removeUnfinished(): Promise<void> {
    for (const folder of [this.dir, join(this.dir, CHECKPOINTS), join(this.dir, OUTCOMES)])
      for (const name of await readdir(folder).catch(() => []))
        if (isUnfinished(name)) await rm(join(folder, name), { recursive: true, force: true })
  }
}

function exists(dir: string, isRun: boolean): LayergymError {
  return inputError(
    'run.exists',
    `the run folder ${dir} exists already: choose another --out` +
      `${isRun ? `, add --overwrite, or finish that run with: layergym resume ${dir}` : ''}`,
  )
}

/** Which version made a folder without a kind is in its summary, if it was finished. */
async function older(dir: string): Promise<LayergymError> {
  const summary = (await readJson(join(dir, SUMMARY))) as
    | { readonly versions?: { readonly layergym?: string } }
    | undefined
  const version = summary?.versions?.layergym
  return inputError(
    'run.older',
    `${dir} is a run of an earlier layergym${version === undefined ? '' : ` (${version})`}: its ${CONFIG} names no kind of run, ` +
      'so this version can not go on with it. Start it anew with --config ' +
      `${join(dir, CONFIG)} and another --out, or go on with the version that made it`,
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
    return JSON.parse(await readTextFile(path, { follow: false }))
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
