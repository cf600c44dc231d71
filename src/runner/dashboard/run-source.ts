import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Holder, workersOn } from '../runs/lock.ts'
import { type Results, resultsOf } from './results.ts'
import { Story } from './story.ts'
import { lineAt, Tail } from './tail.ts'
import type { State } from './view.ts'

const LOG = /^events(?:-(\d+-of-\d+))?\.jsonl$/

/** A log of a run: one alone, or one a part of its work. */
export interface Log {
  /** As in 1/2; absent where one log tells of all. */
  readonly part?: string
  readonly story: Story
}

/** A run's folder as someone sees it who only looks: what its files say, read on where they grow. */
export class RunSource {
  private readonly tails = new Map<string, { readonly tail: Tail; story: Story }>()
  private summary: { readonly stamp: string; readonly results?: Results } | undefined
  private holders: readonly Holder[] = []
  private outcomes = 0
  private changes = 0

  constructor(
    readonly dir: string,
    readonly kind: string,
  ) {}

  /** Another number where something has changed. */
  get revision(): number {
    return this.changes
  }

  /** Those of parts in their order. */
  get logs(): readonly Log[] {
    return [...this.tails].map(([name, { story }]) => ({
      part: LOG.exec(name)?.[1]?.replace('-of-', '/'),
      story,
    }))
  }

  /** The log that tells most: of parts, the first. */
  get story(): Story {
    return this.logs[0]?.story ?? new Story()
  }

  get results(): Results | undefined {
    return this.summary?.results
  }

  get workers(): readonly Holder[] {
    return this.holders
  }

  /** Units that are done, failures among them. */
  get done(): number {
    return this.outcomes
  }

  get state(): State {
    if (this.holders.length > 0) return 'running'
    if (this.results === undefined) return 'interrupted'
    return this.results.failed > 0 ? 'failed' : 'done'
  }

  get hasReport(): boolean {
    return existsSync(join(this.dir, 'report.html'))
  }

  /** Reads what is new. Called by one at a time. */
  async refresh(): Promise<void> {
    const before = this.outline()
    for (const name of await logNames(this.dir)) await this.follow(name)
    await this.readSummary()
    this.holders = await workersOn(this.dir)
    this.outcomes = (await readdir(join(this.dir, 'outcomes')).catch(() => [])).filter(name =>
      name.endsWith('.json'),
    ).length
    if (this.outline() !== before) this.changes++
  }

  /** A line of the first log, by where it begins. */
  async line(offset: number): Promise<string | undefined> {
    const [name] = this.tails.keys()
    return name === undefined ? undefined : lineAt(join(this.dir, name), offset)
  }

  private async follow(name: string): Promise<void> {
    const followed = this.tails.get(name) ?? { tail: new Tail(join(this.dir, name)), story: new Story() }
    this.tails.set(name, followed)
    const changed = await followed.tail.read({
      onLine: line => followed.story.take(line),
      onAnew: () => {
        followed.story = new Story()
      },
    })
    if (changed) this.changes++
  }

  private async readSummary(): Promise<void> {
    const path = join(this.dir, 'summary.json')
    const found = await stat(path).catch(() => undefined)
    const stamp = found === undefined ? undefined : `${found.ino}/${found.mtimeMs}/${found.size}`
    if (stamp === this.summary?.stamp) return
    this.changes++
    this.summary =
      stamp === undefined ? undefined : { stamp, results: resultsOf(this.kind, await readFile(path, 'utf8')) }
  }

  private outline(): string {
    return JSON.stringify([this.holders, this.outcomes])
  }
}

async function logNames(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir).catch(() => [])
  return names.filter(name => LOG.test(name)).sort()
}
