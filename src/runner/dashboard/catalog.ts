import { lstat, readdir } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { readTextFile } from '../../common/regular-file.ts'
import { workersOn } from '../runs/lock.ts'
import { RunSource } from './run-source.ts'
import type { RunListed, State } from './view.ts'

/** Folders below the one that is watched, and how many runs: enough to find one's own, few enough to look at each second. */
const DEPTH = 3
const RUNS = 2000
/** Runs whose logs are kept in memory. */
const KEPT = 64
/** Milliseconds. */
const FRESH = 900

/** The runs below a folder, itself included: looked for anew where someone asks, read only where someone looks. */
export class Catalog {
  private listed: readonly RunListed[] = []
  private listing: Promise<void> = Promise.resolve()
  private listedAt = Number.NEGATIVE_INFINITY
  /** The one that was looked at last comes last. */
  private readonly sources = new Map<
    string,
    { readonly source: RunSource; at: number; reading: Promise<void> }
  >()
  private readonly root: string

  constructor(
    path: string,
    private readonly clock: () => number,
  ) {
    this.root = resolve(path)
  }

  async runs(): Promise<readonly RunListed[]> {
    if (this.clock() - this.listedAt >= FRESH) {
      this.listedAt = this.clock()
      this.listing = findRuns(this.root).then(found => {
        this.listed = found
      })
    }
    await this.listing
    return this.listed
  }

  /** Undefined where no such run is listed: nothing else of a request becomes a path. */
  async find(id: string): Promise<{ readonly listed: RunListed; readonly source: RunSource } | undefined> {
    const listed = (await this.runs()).find(run => run.id === id)
    if (listed === undefined) return undefined
    const known = this.sources.get(id)
    const entry =
      known?.source.kind === listed.kind
        ? known
        : {
            source: new RunSource(join(this.root, id), listed.kind),
            at: Number.NEGATIVE_INFINITY,
            reading: Promise.resolve(),
          }
    this.sources.delete(id)
    this.sources.set(id, entry)
    if (this.clock() - entry.at >= FRESH) {
      entry.at = this.clock()
      // What failed, as a file was just being replaced, is tried again.
      entry.reading = entry.reading.catch(() => undefined).then(() => entry.source.refresh())
    }
    for (const old of [...this.sources.keys()].slice(0, -KEPT)) this.sources.delete(old)
    await entry.reading
    return { listed, source: entry.source }
  }
}

/** Newest names first, as names are dates where nobody chose them; a benchmark's runs right after it. */
async function findRuns(root: string): Promise<readonly RunListed[]> {
  const found: RunListed[] = []
  const visit = async (dir: string, depth: number): Promise<void> => {
    const kind = await kindOf(dir)
    if (kind !== undefined) {
      found.push(await listedAs(root, dir, kind))
      if (kind === 'benchmark') found.push(...(await partsOf(root, dir)))
    } else if (depth > 0) {
      for (const name of (await foldersOf(dir)).toReversed())
        if (found.length < RUNS) await visit(join(dir, name), depth - 1)
    }
  }
  await visit(root, DEPTH)
  return found
}

async function partsOf(root: string, whole: string): Promise<readonly RunListed[]> {
  const found: RunListed[] = []
  for (const name of await foldersOf(whole)) {
    const kind = await kindOf(join(whole, name))
    if (kind !== 'train') continue
    found.push({ ...(await listedAs(root, join(whole, name), kind)), parent: relative(root, whole) })
  }
  return found
}

async function listedAs(root: string, dir: string, kind: string): Promise<RunListed> {
  const id = relative(root, dir)
  return { id, name: id === '' ? basename(root) : id, kind, state: await stateOf(dir) }
}

/** A link is none: what it leads to may lie elsewhere. */
async function foldersOf(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
  const names = entries.filter(entry => entry.isDirectory()).map(({ name }) => name)
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

/** Undefined where the folder is no run's. */
async function kindOf(dir: string): Promise<string | undefined> {
  try {
    const { kind, overwrite } = JSON.parse(await readTextFile(join(dir, 'config.json'), { follow: false }))
    return typeof kind === 'string' && overwrite !== undefined ? kind : undefined
  } catch {
    return undefined
  }
}

async function stateOf(dir: string): Promise<State> {
  if ((await workersOn(dir)).length > 0) return 'running'
  const path = join(dir, 'summary.json')
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return 'interrupted'
  const stamp = `${found.ino}/${found.mtimeMs}/${found.size}`
  const known = ends.get(path)
  if (known?.stamp === stamp) return known.state
  const text = await readTextFile(path, { follow: false }).catch(() => '')
  const state = /"failed":\s*\[\s*\{/.test(text) ? 'failed' : 'done'
  ends.set(path, { stamp, state })
  return state
}

/** How runs ended, by their summaries: these are read once. */
const ends = new Map<string, { readonly stamp: string; readonly state: State }>()
