import { join } from 'node:path'
import { readTextFile } from '../../common/regular-file.ts'
import type { Catalog } from './catalog.ts'
import { episodesPage, logPage, type PageAsked, roundsOf } from './history.ts'
import { sideBySide, type View } from './view.ts'
import { viewOf } from './view-of-run.ts'

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Runs side by side at most: more curves than that nobody tells apart. */
const TOGETHER = 8

/** What was asked for by path and query: `run` names a run, or several. */
export async function apiAnswer(catalog: Catalog, url: URL, now: number): Promise<Answer> {
  if (url.pathname === '/api/runs') return json(await catalog.runs())
  if (url.pathname === '/api/view') {
    const view = await viewAsked(catalog, url, now)
    return view === undefined ? missing('no such run') : json(view)
  }
  const found = await catalog.find(url.searchParams.get('run') ?? '')
  if (found === undefined) return missing('no such run')
  const { source } = found
  switch (url.pathname) {
    case '/api/log':
      return json(await logPage(source, pageAsked(url), false))
    case '/api/notices':
      return json(await logPage(source, pageAsked(url), true))
    case '/api/episodes':
      return json(episodesPage(source, pageAsked(url)))
    case '/api/rounds': {
      const heat = await roundsOf(source, Number(url.searchParams.get('key')))
      return heat === undefined ? missing('no such episode') : json(heat)
    }
    case '/report': {
      const path = join(source.dir, 'report.html')
      const page = await readTextFile(path, { follow: false }).catch(() => undefined)
      return page === undefined
        ? missing('it has no report yet')
        : { status: 200, type: 'text/html; charset=utf-8', body: page }
    }
    default:
      return missing('no such page')
  }
}

/** Of the runs that the query names, as far as they are there; undefined where none is. */
export async function viewAsked(catalog: Catalog, url: URL, now: number): Promise<View | undefined> {
  const ids = [...new Set(url.searchParams.getAll('run'))].slice(0, TOGETHER)
  const views = []
  for (const id of ids) {
    const found = await catalog.find(id)
    if (found !== undefined) views.push(viewOf(found, await partsOf(catalog, id), now))
  }
  return views.length > 1 ? sideBySide(views) : views[0]
}

async function partsOf(catalog: Catalog, id: string) {
  const parts = (await catalog.runs()).filter(({ parent }) => parent === id)
  const found = []
  for (const part of parts) found.push(await catalog.find(part.id))
  return found.flatMap(part => part ?? [])
}

function pageAsked({ searchParams }: URL): PageAsked {
  const count = (name: string, otherwise: number) => {
    const given = Number(searchParams.get(name) ?? otherwise)
    return Number.isSafeInteger(given) && given >= 0 ? given : otherwise
  }
  return { from: count('from', 0), count: count('count', 50) }
}

function json(value: unknown): Answer {
  return { status: 200, type: 'application/json', body: JSON.stringify(value) }
}

function missing(error: string): Answer {
  return { status: 404, type: 'application/json', body: JSON.stringify({ error }) }
}
