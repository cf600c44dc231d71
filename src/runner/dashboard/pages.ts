import { readdir, readFile } from 'node:fs/promises'
import { extname } from 'node:path'

/** A file of the page itself. */
export interface Page {
  readonly type: string
  readonly content: Buffer
}

/** Beside the sources, as far from here as from what is built of them. */
const FOLDER = new URL('../../../web/', import.meta.url)
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** By the path that they are asked for; no other file is ever sent for one. */
export async function pageFiles(): Promise<ReadonlyMap<string, Page>> {
  const pages = new Map<string, Page>()
  for (const name of await readdir(FOLDER)) {
    const type = TYPES[extname(name)]
    if (type === undefined) continue
    const content = await readFile(new URL(name, FOLDER))
    pages.set(name === 'index.html' ? '/' : `/${name}`, { type, content })
  }
  return pages
}
