// Where things lie and which tools are at hand. Node built-ins only: this runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout, or the installed package. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Per-user cache that checkouts share. */
export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'layergym')
}

/** True in a clone, where dependencies are this folder's own; false inside someone's node_modules. */
export function isClone() {
  return existsSync(join(ROOT, 'package-lock.json')) && existsSync(join(ROOT, 'src'))
}

/** Folder of an installed package, hoisted or not; undefined when it isn't there. */
export function packageFolder(name) {
  try {
    return dirname(createRequire(join(ROOT, 'package.json')).resolve(`${name}/package.json`))
  } catch {
    return undefined
  }
}

/** The first of these programs that is on the PATH, as an absolute path. */
export function findProgram(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const file = join(folder, name)
      try {
        accessSync(file, constants.X_OK)
        if (statSync(file).isFile()) return file
      } catch {}
    }
  }
  return undefined
}

/** As src/models/native.ts: the kernel module first, since nvidia-smi also lies about where no GPU is. */
export function hasNvidiaDriver() {
  if (existsSync('/proc/driver/nvidia/version')) return true
  const tool = findProgram('nvidia-smi')
  return tool !== undefined && spawnSync(tool, ['-L'], { timeout: 10_000 }).status === 0
}
