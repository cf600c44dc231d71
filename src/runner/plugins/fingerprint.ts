import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contentHash } from '../../data/fingerprint.ts'
import { locate } from './plugin.ts'

/** How one file of a package names another: `from './a.js'`, `import './a.js'`, `import('./a.js')`, `require('./a')`. */
const OWN = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g
const SCRIPT = /\.[cm]?[jt]sx?$/

/**
 * SHA-256 of what plugins' names stand for, seen from the working directory; by `plugin NAME`. A plugin is its module
 * and all that this imports by a path, directly or not: its own files, not the packages that it builds on. Where it lies
 * does not enter.
 */
export async function pluginFingerprints(
  specifiers: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const entries: [string, string][] = []
  for (const name of specifiers) {
    const files = await ownFiles(fileURLToPath(locate(name, process.cwd())))
    const hashes = await Promise.all(files.map(contentHash))
    const whole = createHash('sha256').update(hashes.join('\n')).digest('hex')
    entries.push([`plugin ${name}`, hashes.length === 1 ? hashes[0] : whole])
  }
  return Object.fromEntries(entries)
}

/** A module and what it imports by a path, in the order of the first mention. */
async function ownFiles(entry: string): Promise<readonly string[]> {
  const found = new Set([entry])
  for (const path of found) {
    if (!SCRIPT.test(path)) continue
    const text = await readFile(path, 'utf8')
    for (const [, , specifier] of text.matchAll(OWN)) {
      const file = await fileOf(resolve(dirname(path), specifier))
      if (file !== undefined) found.add(file)
    }
  }
  return [...found]
}

/** TypeScript may name what it compiles to, CommonJS may leave the ending out. */
async function fileOf(path: string): Promise<string | undefined> {
  const endings = ['.js', '.ts', '.cjs', '.json']
  const source = path.replace(/\.([cm]?)js$/, '.$1ts')
  const inside = ['index.js', 'index.ts', 'index.cjs'].map(name => join(path, name))
  for (const candidate of [path, source, ...endings.map(ending => path + ending), ...inside])
    if (
      await stat(candidate).then(
        facts => facts.isFile(),
        () => false,
      )
    )
      return candidate
  return undefined
}
