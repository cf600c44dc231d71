import { existsSync } from 'node:fs'
import { isAbsolute, relative, resolve, sep } from 'node:path'

/** Settings and results that are paths, or lists of them. */
const PATHS = new Set(['model', 'data', 'policy', 'table', 'cache', 'plugin', 'out', 'path', 'runDir', 'dir'])
/** What agents and environments are given is theirs to understand. */
const THEIRS = /(Config|Options)$/

/**
 * A run's settings or results with paths relative to its folder, each beginning with a dot: so the folder can be moved
 * together with what it needs, and tells nobody where it lay.
 */
export function portable<A>(value: A, dir: string): A {
  return withPaths(value, path => {
    if (!isAbsolute(path)) return path
    const way = relative(dir, path).split(sep).join('/')
    if (isAbsolute(way)) return path
    return way === '' ? '.' : way.startsWith('..') ? way : `./${way}`
  })
}

/**
 * The same with absolute paths: from where the folder lies, or, where nothing is there, from where it lay before.
 * @param before where the run began
 */
export function anchored<A>(value: A, dir: string, before = dir): A {
  return withPaths(value, path => {
    if (!/^\.{1,2}(\/|$)/.test(path)) return path
    const here = resolve(dir, path)
    const there = resolve(before, path)
    return !existsSync(here) && existsSync(there) ? there : here
  })
}

function withPaths<A>(value: A, change: (path: string) => string): A {
  return changed(value, undefined, change) as A
}

function changed(value: unknown, key: string | undefined, change: (path: string) => string): unknown {
  if (typeof value === 'string') return key !== undefined && PATHS.has(key) ? change(value) : value
  if (Array.isArray(value)) return value.map(item => changed(item, key, change))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value
  const entries = Object.entries(value).map(([name, own]) => [
    name,
    THEIRS.test(name) ? own : changed(own, name, change),
  ])
  return Object.fromEntries(entries)
}
