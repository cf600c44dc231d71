import { existsSync } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readTextFile } from '../../common/regular-file.ts'
import { type Holder, workersOn } from '../runs/lock.ts'
import { type Results, resultsOf } from './results.ts'
import { Story } from './story.ts'
import { type Line, lineAt, Tail } from './tail.ts'
import type { State } from './view.ts'

const LOG = /^events(?:-(\d+-of-\d+))?\.jsonl$/

/** More than any log has: where a line of several logs stands says which it is of too. */
const LOG_BYTES = 2 ** 40

interface Followed {
  readonly tail: Tail
  readonly index: number
  story: Story
}

/** A log of a run: one alone, or one a part of its work. */
export interface Log {
  /** As in 1/2; absent where one log tells of all. */
  readonly part?: string
  readonly story: Story
}

/** A run's folder as someone sees it who only looks: what its files say, read on where they grow. */
export class RunSource {
  private readonly tails = new Map<string, Followed>()
  /** Of several logs together, line by line in the order of their times. */
  private whole?: Story
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

  /** All that logs tell. */
  get story(): Story {
    return this.whole ?? this.logs[0]?.story ?? new Story()
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
    await this.readLogs(await logNames(this.dir))
    await this.readSummary()
    this.holders = await workersOn(this.dir)
    this.outcomes = (await readdir(join(this.dir, 'outcomes')).catch(() => [])).filter(name =>
      name.endsWith('.json'),
    ).length
    if (this.outline() !== before) this.changes++
  }

  /** A line of a log, by its place in `story`. */
  async line(place: number): Promise<string | undefined> {
    const name = [...this.tails.keys()][Math.floor(place / LOG_BYTES)]
    return name === undefined ? undefined : lineAt(join(this.dir, name), place % LOG_BYTES)
  }

  private async readLogs(names: readonly string[]): Promise<void> {
    // Of one alone, no second story is told; where another joins it, both are told anew, together.
    if (names.length > 1 && this.whole === undefined) this.startTogether()
    const lines: Line[] = []
    let anew = false
    for (const name of names) {
      const followed = this.followed(name)
      const changed = await followed.tail.read({
        onLine: line => {
          followed.story.take(line)
          if (this.whole !== undefined)
            lines.push({ text: line.text, offset: line.offset + followed.index * LOG_BYTES })
        },
        onAnew: () => {
          followed.story = new Story()
          anew = true
        },
      })
      if (changed) this.changes++
    }
    if (anew && this.whole !== undefined) {
      this.startTogether()
      return this.readLogs(names)
    }
    for (const line of lines.sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))) this.whole?.take(line)
  }

  private startTogether(): void {
    this.tails.clear()
    this.whole = new Story()
  }

  private followed(name: string): Followed {
    const known = this.tails.get(name)
    if (known !== undefined) return known
    const made = { tail: new Tail(join(this.dir, name)), story: new Story(), index: this.tails.size }
    this.tails.set(name, made)
    return made
  }

  private async readSummary(): Promise<void> {
    const path = join(this.dir, 'summary.json')
    const found = await lstat(path).catch(() => undefined)
    const stamp = found === undefined ? undefined : `${found.ino}/${found.mtimeMs}/${found.size}`
    if (stamp === this.summary?.stamp) return
    this.changes++
    const text = await readTextFile(path, { follow: false }).catch(() => '')
    this.summary = stamp === undefined ? undefined : { stamp, results: resultsOf(this.kind, text) }
  }

  private outline(): string {
    return JSON.stringify([this.holders, this.outcomes])
  }
}

function timeOf({ text }: Line): string {
  return /"time":"([^"]*)"/.exec(text)?.[1] ?? ''
}

async function logNames(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir).catch(() => [])
  return names.filter(name => LOG.test(name)).sort()
}
