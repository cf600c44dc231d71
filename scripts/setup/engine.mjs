// The native engine: kept where it works, built where it can be, explained where it can't.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addonFingerprint, addonFolder, buildAddon, installAddon, verifyAddon } from './addon.mjs'
import { installOptional } from './dependencies.mjs'
import { fetchLibraries, librariesComplete } from './libraries.mjs'
import {
  cacheFolder,
  findCompiler,
  findProgram,
  hasNvidiaCard,
  missingDriverLibraries,
  nvidiaDriver,
  packageFolder,
} from './places.mjs'
import { TENSORFLOW } from './wheels.mjs'
import { CannotSetUp, withProgress } from './work.mjs'

const COST = 'Without the native engine everything runs on wasm, about 40 times slower.'

/**
 * Sets up the fastest native engine that this machine can have.
 * @param {{ retry?: boolean, say?: (line: string) => void }} options
 * @returns {Promise<'gpu' | 'cpu' | undefined>} undefined: none, and one line has said why.
 */
export async function setUpEngine({ retry = false, say = line => process.stderr.write(`${line}\n`) } = {}) {
  if (hasNvidiaCard() && (await setUpKind('gpu', retry, say))) return 'gpu'
  return (await setUpKind('cpu', retry, say)) ? 'cpu' : undefined
}

async function setUpKind(kind, retry, say) {
  const name = kind === 'gpu' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node'
  const tfjsNode = packageFolder(name)
  const driver = kind === 'gpu' ? [nvidiaDriver() ?? null, missingDriverLibraries()] : []
  const machine = [TENSORFLOW, tfjsNode, process.platform, process.arch, ...tools(), ...driver]
  const circumstances = JSON.stringify(machine)
  try {
    if (tfjsNode !== undefined && isReady(tfjsNode, retry ? undefined : circumstances)) return true
    const known = retry ? undefined : recallFailure(kind, circumstances)
    if (known !== undefined)
      throw new CannotSetUp(`${known} (found earlier; \`npm run setup -- --retry\` tries again)`)
    await setUp(kind, tfjsNode ?? (await installOptional(name)), { circumstances, say })
    forgetFailure(kind)
    return true
  } catch (error) {
    const failure = error instanceof CannotSetUp ? error : explain(error)
    if (!failure.message.includes('found earlier')) rememberFailure(kind, circumstances, failure)
    say(
      `set-up: no native ${kind === 'gpu' ? 'GPU ' : ''}engine: ${failure.message}. ${kind === 'gpu' ? 'Trying the CPU.' : COST}`,
    )
    return false
  }
}

async function setUp(kind, tfjsNode, { circumstances, say }) {
  const stamp = readStamp(tfjsNode)
  const outdated = stamp?.libraries !== undefined && !isOfNow(stamp, tfjsNode)
  if (existsSync(join(addonFolder(tfjsNode), 'tfjs_binding.node')) && !outdated) {
    const trouble = await withProgress('trying the native engine that is there', () => verifyAddon(tfjsNode))
    if (trouble === undefined) return writeStamp(tfjsNode, stamp?.libraries)
  }
  refuseOtherPlatforms()
  const made = await make(kind, tfjsNode).catch(async error => {
    if (!(error instanceof CannotSetUp) || !outdated || (await verifyAddon(tfjsNode)) !== undefined)
      throw error
    say(
      `set-up: the native engine stays as it is, and training steps can't be compiled (they take about twice as long): ${error.message}`,
    )
    writeStamp(tfjsNode, stamp.libraries, { ...stamp, kept: circumstances })
  })
  if (made === undefined) return
  const { libraries, built } = made
  installAddon(built, tfjsNode)
  const trouble = await withProgress('trying the native engine', () => verifyAddon(tfjsNode))
  if (trouble !== undefined) {
    rmSync(join(addonFolder(tfjsNode), 'tfjs_binding.node'), { force: true })
    throw new CannotSetUp(`it was built but does not run: ${trouble}`)
  }
  writeStamp(tfjsNode, libraries)
}

async function make(kind, tfjsNode) {
  if (kind === 'gpu') refuseHalfADriver()
  const libraries = await fetchLibraries(kind)
  return { libraries, built: await buildAddon(tfjsNode, libraries) }
}

/** Gigabytes are fetched for a card that TensorFlow will see, and for no other. */
function refuseHalfADriver() {
  const missing = missingDriverLibraries()
  if (missing.length > 0)
    throw new CannotSetUp(
      `the NVIDIA driver's ${missing.join(' and ')} can't be found, and TensorFlow sees no GPU without (Docker: --gpus all with NVIDIA_DRIVER_CAPABILITIES=compute,utility; else LD_LIBRARY_PATH)`,
    )
}

function refuseOtherPlatforms() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new CannotSetUp(
      `it is built for Linux on x64 only, and this is ${process.platform} on ${process.arch} (a tfjs-node that you install yourself is used)`,
    )
  if (process.report.getReport().header.glibcVersionRuntime === undefined)
    throw new CannotSetUp(
      "this system's C library is not glibc, which TensorFlow's builds need (Alpine: use a Debian image)",
    )
}

/** Which tools the outcome depends on: when one appears, what failed is tried again. */
function tools() {
  return [findProgram('python3', 'python'), findProgram('pip3', 'pip'), findCompiler()].map(
    tool => tool ?? null,
  )
}

const stampFile = tfjsNode => join(addonFolder(tfjsNode), 'layergym.json')

/**
 * Says, without opening the libraries, that the addon which was verified is still in place, and what it links.
 * @param {string | undefined} circumstances an older addon that was kept under them is good enough
 */
function isReady(tfjsNode, circumstances) {
  const stamp = readStamp(tfjsNode)
  if (stamp === undefined || stamp.addon !== addonIdentity(tfjsNode)) return false
  if (stamp.libraries === undefined) return true
  const isKept = stamp.kept !== undefined && stamp.kept === circumstances
  return (isKept || isOfNow(stamp, tfjsNode)) && librariesComplete(stamp.libraries)
}

/** Whether an addon of ours was built against the libraries, and from the sources, that a new one would be. */
function isOfNow({ tensorflow, sources }, tfjsNode) {
  return tensorflow === TENSORFLOW && sources === addonFingerprint(tfjsNode)
}

function readStamp(tfjsNode) {
  try {
    return JSON.parse(readFileSync(stampFile(tfjsNode), 'utf8'))
  } catch {
    return undefined
  }
}

/** @param {string | undefined} libraries what the addon links, where it is ours; undefined: the user's own */
function writeStamp(tfjsNode, libraries, of = undefined) {
  const own = libraries && (of ?? { tensorflow: TENSORFLOW, sources: addonFingerprint(tfjsNode) })
  const stamp = { ...own, addon: addonIdentity(tfjsNode), libraries }
  writeFileSync(stampFile(tfjsNode), JSON.stringify(stamp))
}

function addonIdentity(tfjsNode) {
  const file = statSync(join(addonFolder(tfjsNode), 'tfjs_binding.node'), { throwIfNoEntry: false })
  return file && `${file.size} ${file.mtimeMs}`
}

const failureFile = kind => join(cacheFolder(), 'engine', `failure-${kind}.json`)

function recallFailure(kind, circumstances) {
  try {
    const failure = JSON.parse(readFileSync(failureFile(kind), 'utf8'))
    if (failure.circumstances !== circumstances) return undefined
    return Date.now() < failure.until ? failure.message : undefined
  } catch {
    return undefined
  }
}

function rememberFailure(kind, circumstances, { message, retryAfter }) {
  if (retryAfter === 0) return
  // JSON has no infinity.
  const until = Math.min(Date.now() + retryAfter, Number.MAX_SAFE_INTEGER)
  try {
    mkdirSync(join(cacheFolder(), 'engine'), { recursive: true })
    writeFileSync(failureFile(kind), JSON.stringify({ message, until, circumstances }))
  } catch {} // a cache that can't be written is told about already, and is tried again the next time
}

function forgetFailure(kind) {
  rmSync(failureFile(kind), { force: true })
}

function explain(error) {
  const place = error.path ?? cacheFolder()
  const retry = { retryAfter: 0 }
  // Making folders on a read-only disk ends in ENOENT.
  if (['EACCES', 'EROFS', 'EPERM', 'ENOENT'].includes(error.code))
    return new CannotSetUp(`${place} can't be written (XDG_CACHE_HOME moves the cache)`, retry)
  if (['ENOSPC', 'EDQUOT'].includes(error.code)) return new CannotSetUp(`no space left for ${place}`, retry)
  return new CannotSetUp(error.message, retry)
}
