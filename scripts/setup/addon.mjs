// The native part of tfjs-node: two C++ files of the package and one of ours that includes them, compiled against the
// libraries in the cache.
import { createHash, randomUUID } from 'node:crypto'
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lastLines } from './dependencies.mjs'
import { findCompiler, packageFolder } from './places.mjs'
import { CannotSetUp, putInPlace, run, withProgress, withScratch } from './work.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const QUIET = join(HERE, 'native', 'quiet.cc')
const FUNCTIONS = join(HERE, 'native', 'functions.cc')
const VERIFY = join(HERE, 'verify.mjs')

/** Where the package looks for its addon. */
export function addonFolder(tfjsNode) {
  return join(tfjsNode, 'lib', 'napi-v8')
}

/**
 * Compiles the addon, unless the cache has it of the same sources, and returns its folder in the cache:
 * `tfjs_binding.node` and `quiet.node`.
 */
export async function buildAddon(tfjsNode, libraries) {
  const folder = join(libraries, `addon-${addonFingerprint(tfjsNode)}`)
  if (existsSync(folder)) return folder
  const compiler = findCompiler()
  if (compiler === undefined)
    throw new CannotSetUp(
      'no C++ compiler (g++, c++, clang++) is on the PATH (Debian, Ubuntu: apt install g++)',
    )
  const headers = packageFolder('node-api-headers')
  if (headers === undefined)
    throw new CannotSetUp('the package node-api-headers is not installed: run npm ci')

  const common = ['-O2', '-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8', '-I', join(headers, 'include')]
  const tensorflow = join(libraries, 'tensorflow')
  const library = join(tensorflow, 'libtensorflow_cc.so.2')
  await withScratch(libraries, async scratch => {
    const made = join(scratch, 'addon')
    mkdirSync(made)
    const compile = args => run(compiler, [...common, ...args])
    const { code, output } = await withProgress('compiling the native engine', async () => {
      const quiet = await compile([
        '-DNODE_GYP_MODULE_NAME=quiet',
        `-DTENSORFLOW_LIBRARY=${JSON.stringify(library)}`,
        QUIET,
        '-ldl',
        ...['-o', join(made, 'quiet.node')],
      ])
      if (quiet.code !== 0) return quiet
      return compile([
        '-DNODE_GYP_MODULE_NAME=tfjs_binding',
        ...['-I', join(tensorflow, 'include'), '-I', tfjsNode, '-I', join(tfjsNode, 'binding')],
        FUNCTIONS,
        ...['-o', join(made, 'tfjs_binding.node')],
        ...[library, join(tensorflow, 'libtensorflow_framework.so.2')],
        `-Wl,-rpath,${tensorflow}`,
      ])
    })
    if (code !== 0) throw new CannotSetUp(`the C++ compiler (${compiler}) failed: ${lastLines(output, 3)}`)
    putInPlace(made, folder, existsSync)
  })
  return folder
}

/** Names the addon by all that goes into it. */
export function addonFingerprint(tfjsNode) {
  const sources = join(tfjsNode, 'binding')
  const hash = createHash('sha256')
  const files = readdirSync(sources).map(name => join(sources, name))
  for (const file of [...files.sort(), QUIET, FUNCTIONS]) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 12)
}

/** Copies the addon into the package, whole or not at all: another process may be loading it. */
export function installAddon(built, tfjsNode) {
  const target = addonFolder(tfjsNode)
  mkdirSync(target, { recursive: true })
  for (const name of ['quiet.node', 'tfjs_binding.node']) {
    const temporary = join(target, `.${name}-${randomUUID()}`)
    copyFileSync(join(built, name), temporary, constants.COPYFILE_EXCL)
    renameSync(temporary, join(target, name))
  }
}

/**
 * Loads the package in a process of its own and lets it multiply two matrices and differentiate convolutions.
 * @returns {Promise<string | undefined>} what went wrong, if anything
 */
export async function verifyAddon(tfjsNode) {
  const { code, output } = await run(process.execPath, [VERIFY, tfjsNode], { timeout: 180_000 })
  return code === 0 ? undefined : lastLines(output, 1) || `it ended with code ${code}`
}
