import { fileURLToPath } from 'node:url'
import { contentHash } from '../../data/fingerprint.ts'
import { locate } from './plugin.ts'

/** SHA-256 of the modules that plugins' names stand for, seen from the working directory; by `plugin NAME`. */
export async function pluginFingerprints(
  specifiers: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const entries: [string, string][] = []
  for (const name of specifiers) {
    const path = fileURLToPath(locate(name, process.cwd()))
    entries.push([`plugin ${name}`, await contentHash(path)])
  }
  return Object.fromEntries(entries)
}
