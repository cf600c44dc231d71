import { existsSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { inputError } from '../common/error.ts'
import { writeAtomic } from './atomic.ts'
import { decode, encode } from './codec.ts'
import { isRecorded, type RunEvent } from './run-events.ts'

const CONFIG = 'config.json'
const EVENTS = 'events.jsonl'
const CHECKPOINTS = 'checkpoints'
/** The newest may be the one that a crash met; the one before it is whole. */
const CHECKPOINTS_KEPT = 2

/** A run on disk: resolved config, events, checkpoints, summary; every file whole or absent. */
export class RunFolder {
  private written = 0
  private checkpoints = 0

  private constructor(readonly dir: string) {}

  /** @throws input error when the folder holds something already and `overwrite` isn't set */
  static async create(path: string, config: unknown, overwrite: boolean): Promise<RunFolder> {
    const dir = resolve(path)
    if (existsSync(dir)) {
      if (!(await stat(dir)).isDirectory())
        throw inputError('run.not-a-folder', `${dir} is a file: choose another --out`)
      const content = await readdir(dir)
      const isRun = content.includes(CONFIG)
      if (content.length > 0 && !overwrite) {
        throw inputError(
          'run.exists',
          `the run folder ${dir} exists already: choose another --out, add --overwrite` +
            `${isRun ? `, or finish that run with: layergym resume ${dir}` : ''}`,
        )
      }
      if (content.length > 0 && !isRun) {
        throw inputError(
          'run.not-a-run',
          `${dir} holds other files than a run's: it is not overwritten, choose another --out`,
        )
      }
      await rm(dir, { recursive: true, force: true })
    }
    await mkdir(join(dir, CHECKPOINTS), { recursive: true })
    await writeFile(join(dir, EVENTS), '')
    await writeAtomic(join(dir, CONFIG), `${JSON.stringify(config, null, 2)}\n`)
    return new RunFolder(dir)
  }

  /** @throws input error when the folder is no run's */
  static async open(path: string): Promise<{ folder: RunFolder; config: unknown }> {
    const dir = resolve(path)
    const file = join(dir, CONFIG)
    if (!existsSync(file)) throw inputError('run.missing', `${dir} is not a run folder: it has no ${CONFIG}`)
    try {
      return { folder: new RunFolder(dir), config: JSON.parse(await readFile(file, 'utf8')) }
    } catch (error) {
      throw inputError('run.broken', `${file} can't be read`, { cause: error })
    }
  }

  async record(event: RunEvent): Promise<void> {
    if (!isRecorded(event)) return
    const line = `${JSON.stringify(event)}\n`
    await appendFile(join(this.dir, EVENTS), line)
    this.written += Buffer.byteLength(line)
  }

  /** Saves a state together with how many events led to it. */
  async checkpoint(state: unknown): Promise<void> {
    const name = `checkpoint-${String(++this.checkpoints).padStart(6, '0')}.json`
    await writeAtomic(join(this.dir, CHECKPOINTS, name), encode({ events: this.written, state }))
    const all = await this.listCheckpoints()
    for (const old of all.slice(0, -CHECKPOINTS_KEPT))
      await rm(join(this.dir, CHECKPOINTS, old), { force: true })
  }

  /** The newest whole checkpoint; events after it are cut off, since they will be made again. */
  async restore(): Promise<unknown | undefined> {
    for (const name of (await this.listCheckpoints()).reverse()) {
      const saved = await readCheckpoint(join(this.dir, CHECKPOINTS, name))
      if (saved === undefined) continue
      this.checkpoints = Number(name.replace(/\D/g, ''))
      this.written = saved.events
      await truncate(join(this.dir, EVENTS), saved.events)
      return saved.state
    }
    await writeFile(join(this.dir, EVENTS), '')
    return undefined
  }

  async write(name: string, content: string): Promise<string> {
    const path = join(this.dir, name)
    await writeAtomic(path, content)
    return path
  }

  async read(name: string): Promise<string | undefined> {
    const path = join(this.dir, name)
    return existsSync(path) ? readFile(path, 'utf8') : undefined
  }

  private async listCheckpoints(): Promise<string[]> {
    const names = await readdir(join(this.dir, CHECKPOINTS)).catch(() => [])
    return names.filter(name => name.endsWith('.json')).sort()
  }
}

async function readCheckpoint(path: string): Promise<{ events: number; state: unknown } | undefined> {
  try {
    return decode(await readFile(path, 'utf8')) as { events: number; state: unknown }
  } catch {
    return undefined
  }
}
