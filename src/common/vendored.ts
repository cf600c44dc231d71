import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)

/** Loads a file that scripts/vendor.mjs lays into the build; undefined in a clone, which has whole packages. */
export function vendored(name: string): unknown {
  const path = fileURLToPath(new URL(`../vendor/${name}`, import.meta.url))
  return existsSync(path) ? require(path) : undefined
}
