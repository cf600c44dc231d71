// Where things lie and which tools are at hand. Node built-ins only: this runs before anything is installed.
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
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

/** The C++ compiler, if there is one. */
export function findCompiler() {
  return findProgram('g++', 'c++', 'clang++')
}

/**
 * As src/models/native.ts: a card's device, which a container without one hasn't, though it sees the kernel module and
 * nvidia-smi.
 */
export function hasNvidiaCard(root = '/') {
  return ['dev/nvidiactl', 'dev/dxg'].some(device => existsSync(join(root, device)))
}

/** What the driver says it is; undefined where it says nothing. */
export function nvidiaDriver(root = '/') {
  try {
    return readFileSync(join(root, 'proc/driver/nvidia/version'), 'utf8').split('\n')[0]
  } catch {
    return undefined
  }
}

/** Where the dynamic loader may find the driver's own libraries. */
const DRIVER_FOLDERS = [
  'usr/lib/x86_64-linux-gnu',
  'usr/lib64',
  'usr/lib',
  'usr/lib/wsl/lib',
  'usr/local/nvidia/lib64',
  'usr/lib/x86_64-linux-gnu/nvidia/current',
]

/** Those of the driver's libraries without which TensorFlow sees no GPU, or says nothing of one, that aren't there. */
export function missingDriverLibraries(root = '/', libraryPath = process.env.LD_LIBRARY_PATH ?? '') {
  const known = loaderCache(root)
  const folders = [...DRIVER_FOLDERS.map(folder => join(root, folder)), ...libraryPath.split(delimiter)]
  return ['libcuda.so.1', 'libnvidia-ml.so.1'].filter(
    name => !known.includes(name) && !folders.some(folder => folder !== '' && existsSync(join(folder, name))),
  )
}

/** Names of what the dynamic loader knows of, among other bytes. */
function loaderCache(root) {
  try {
    return readFileSync(join(root, 'etc/ld.so.cache'), 'latin1')
  } catch {
    return ''
  }
}
