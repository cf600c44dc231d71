import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { messageOf } from '../common/error.ts'

const require = createRequire(import.meta.url)

export type NativePackage = 'tfjs-node-gpu' | 'tfjs-node'

/** Whether a native package can be loaded, found out without registering any of its kernels. */
export type Availability =
  | { readonly available: true }
  | { readonly available: false; readonly reason: string }

export function no(reason: string): Availability {
  return { available: false, reason }
}

/**
 * Looks for the package, its compiled addon and the libraries that the addon links. The addon is opened here
 * already, so environment variables that TensorFlow reads must be set before.
 * @param root where devices are looked for
 */
export function nativeAvailability(name: NativePackage, root = '/'): Availability {
  if (name === 'tfjs-node-gpu' && !hasNvidiaCard(root)) return no('no NVIDIA card on this machine')
  const folder = packageFolder(`@tensorflow/${name}`)
  if (folder === undefined) return no(`@tensorflow/${name} is not installed`)
  const addon = join(folder, 'lib', 'napi-v8', 'tfjs_binding.node')
  if (!existsSync(addon))
    return no('its native addon is not built: run `layergym setup` (in a clone: npm run setup)')
  // Two libraries of TensorFlow in one process: the second one ends it, without a word.
  if (opened !== undefined && opened !== name) return openedElsewhere(addon)
  try {
    hushLibraries(join(dirname(addon), 'quiet.node'))
    process.dlopen({ exports: {} }, addon)
    opened = name
    return { available: true }
  } catch (error) {
    return no(`its native addon does not load: ${messageOf(error)}`)
  }
}

/** The native package whose addon this process has opened. */
let opened: NativePackage | undefined

export function openedPackage(): NativePackage | undefined {
  return opened
}

function openedElsewhere(addon: string): Availability {
  const code = 'process.dlopen({ exports: {} }, process.argv[1])'
  const { status, stderr } = spawnSync(process.execPath, ['-e', code, addon], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (status === 0) return { available: true }
  const reason = stderr.split('\n').find(line => line.startsWith('Error: ')) ?? `it ended with code ${status}`
  return no(`its native addon does not load: ${reason.replace(/^Error: /, '')}`)
}

/** TensorFlow's library writes two lines on stderr as it is opened; set-up lays an addon beside ours that opens it silently. */
function hushLibraries(addon: string): void {
  try {
    if (existsSync(addon)) process.dlopen({ exports: {} }, addon)
  } catch {} // the lines are a nuisance, no more
}

/** Loads the package, which registers its backend as `tensorflow` with tfjs. */
export function loadNative(name: NativePackage): void {
  // Both were removed in Node 23; the package's kernels call them.
  const util = require('node:util') as Record<string, unknown>
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
  util.isArray ??= Array.isArray
  require(`@tensorflow/${name}`)
}

/** Absolute folder of an installed package, or undefined. */
export function packageFolder(name: string): string | undefined {
  try {
    return dirname(require.resolve(`${name}/package.json`))
  } catch {
    return undefined
  }
}

export function packageVersion(name: string): string | undefined {
  const folder = packageFolder(name)
  return folder === undefined
    ? undefined
    : (require(join(folder, 'package.json')) as { version: string }).version
}

/** A card's device: a container without one may see the kernel module and nvidia-smi all the same. */
export function hasNvidiaCard(root = '/'): boolean {
  return ['dev/nvidiactl', 'dev/dxg'].some(device => existsSync(join(root, device)))
}
