import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, isAbsolute, join, relative } from 'node:path'
import { isInside } from '../../common/inside.ts'
import { contentHash } from '../../data/fingerprint.ts'
import { loadDataset } from '../../data/load.ts'
import type { Parcel, Work } from './parts.ts'
import type { Parcels } from './queue.ts'

/** Settings that name files, wherever they stand. */
const PATHS = ['model', 'data', 'policy', 'plugin'] as const
const TABLES = ['.csv', '.tsv', '.txt', '.json', '.yaml', '.yml']

/** What a run's settings name, packed for machines that don't have it. */
export interface Luggage {
  readonly parcels: readonly Parcel[]
  /** Whatever isn't where units are fetched from, each file once, by its content. */
  send(to: Parcels): Promise<void>
  /** Nothing can be sent any more. */
  close(): Promise<void>
}

/** Looks at what lies there now: what changes later isn't sent. */
export async function packed(config: object): Promise<Luggage> {
  const temporary = await mkdtemp(join(tmpdir(), 'layergym-parcels-'))
  const close = () => rm(temporary, { recursive: true, force: true })
  try {
    const parcels: Parcel[] = []
    const sources = new Map<string, string>()
    for (const { path, key } of pathsIn(config)) {
      const files = []
      for (const file of await filesOf(path, key)) {
        const source = await portable(file, key === 'data', temporary)
        const sha256 = await contentHash(source)
        sources.set(sha256, source)
        files.push({ name: nameOf(file), sha256 })
      }
      parcels.push({ path, files })
    }
    let sent = false
    return {
      parcels,
      close,
      async send(to) {
        // Who forgets, forgets all: of what was sent, one is looked for.
        const [first] = sources.keys()
        if (first === undefined || (sent && (await to.has(first)))) return
        sent = false
        for (const [sha256, source] of sources) if (!(await to.has(sha256))) await to.send(sha256, source)
        sent = true
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Brings what a work's settings name to this machine, each tree once, and names it there: no path of another machine is
 * ever looked at.
 * @param cache where trees lie
 */
export function localParcels(queue: Parcels, cache: string): (work: Work) => Promise<Work> {
  return async ({ parcels = [], ...work }) => {
    const places = new Map<string, string>()
    for (const parcel of parcels)
      places.set(parcel.path, join(await fetched(parcel, queue, cache), nameOf(parcel.path)))
    const moved = (value: unknown): unknown => {
      if (typeof value === 'string') return places.get(value) ?? value
      if (Array.isArray(value)) return value.map(moved)
      if (typeof value !== 'object' || value === null) return value
      const entries = Object.entries(value).filter(([key]) => key !== 'cache' && key !== 'out')
      return Object.fromEntries(entries.map(([key, inner]) => [key, moved(inner)]))
    }
    return { ...work, config: moved(work.config) as Work['config'] }
  }
}

async function fetched({ files }: Parcel, queue: Parcels, cache: string): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 32)
  const root = join(cache, 'parcels', key)
  if (existsSync(root)) return root
  const making = `${root}.${randomUUID()}.partial`
  try {
    for (const { name, sha256 } of files) {
      const path = join(making, name)
      if (!isInside(path, making)) throw new Error(`a parcel names a file outside of it: ${name}`)
      await mkdir(dirname(path), { recursive: true })
      await queue.fetch(sha256, path)
    }
    // Another process may have brought the same one.
    await rename(making, root).catch(error => (existsSync(root) ? undefined : Promise.reject(error)))
    return root
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

function pathsIn(config: object): readonly { readonly path: string; readonly key: string }[] {
  const found = new Map<string, string>()
  const visit = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      const isPath = PATHS.some(known => known === key) && isAbsolute(value) && existsSync(value)
      if (isPath && !found.has(value)) found.set(value, key)
    } else if (Array.isArray(value)) for (const each of value) visit(each, key)
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) visit(inner, name)
  }
  visit(config, '')
  return [...found].map(([path, key]) => ({ path, key }))
}

/** A folder with all below it, a file with what stands beside it; and the clips of a dataset, wherever they lie. */
async function filesOf(path: string, key: string): Promise<readonly string[]> {
  const isFolder = (await stat(path)).isDirectory()
  const files = new Set(await filesIn(isFolder ? path : dirname(path), isFolder))
  if (key === 'data') {
    if (!isFolder)
      for (const file of files) if (!TABLES.includes(extname(file).toLowerCase())) files.delete(file)
    for (const { path: clip, annotation } of (await loadDataset(path, { skipBroken: true })).clips) {
      files.add(clip)
      if (annotation?.mask !== undefined) files.add(annotation.mask.path)
    }
  } else if (!isFolder && basename(path) !== 'model.json') return [path]
  return [...files].sort()
}

async function filesIn(folder: string, recursive: boolean): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
}

/** From the root of its disk, so that what is relative to it stays so. */
function nameOf(path: string): string {
  return path
    .replace(/^([A-Za-z]):/, '$1')
    .replaceAll('\\', '/')
    .replace(/^\/+/, '')
}

/** Tables with their absolute paths made relative: those of another machine say nothing. */
async function portable(file: string, isData: boolean, temporary: string): Promise<string> {
  if (!isData || !TABLES.includes(extname(file).toLowerCase())) return file
  const text = await readFile(file, 'utf8')
  const moved = text.replace(/(^|[,;\t"\n])(\/[^,;\t"\r\n]+)/g, (whole, before: string, path: string) =>
    existsSync(path) ? before + relative(dirname(file), path) : whole,
  )
  if (moved === text) return file
  const copy = join(temporary, randomUUID())
  await writeFile(copy, moved)
  return copy
}
