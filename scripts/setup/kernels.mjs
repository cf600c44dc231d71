// The arithmetic of small networks, compiled for this machine: agents that learn in cheap environments are then several
// times faster than in WebAssembly.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lastLines } from './dependencies.mjs'
import { cacheFolder, findCompiler, packageFolder } from './places.mjs'
import { putInPlace, run, withProgress, withScratch } from './work.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const NATIVE = join(HERE, 'native')

/** Nothing is fused that kernels.h doesn't fuse, nor reordered: bits don't depend on the width or the compiler. */
const FLAGS = ['-O3', '-std=c++17', '-fPIC', '-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math']

/** Vector widths: namespace, floats, and what the processor must have (src: kernels.cc). */
const WIDTHS = {
  x64: [
    ['narrow', 4, []],
    ['wide', 8, ['-mavx2', '-mfma']],
    ['widest', 16, ['-mavx512f', '-mavx512vl', '-mfma', '-mprefer-vector-width=512']],
  ],
  other: [['narrow', 4, []]],
}

/**
 * Compiles them unless that was done, or is known not to work.
 * @param {{ retry?: boolean, say?: (line: string) => void }} options
 */
export async function setUpKernels({ retry = false, say = line => process.stderr.write(`${line}\n`) } = {}) {
  const folder = join(cacheFolder(), `kernels-${kernelsFingerprint()}`)
  const compiler = findCompiler()
  const headers = packageFolder('node-api-headers')
  const isDone = existsSync(join(folder, 'kernels.node'))
  if (compiler === undefined || headers === undefined || isDone) return
  if (existsSync(folder) && !retry) return
  rmSync(folder, { recursive: true, force: true })
  try {
    await withScratch(cacheFolder(), async scratch => {
      const made = join(scratch, 'kernels')
      mkdirSync(made)
      const { code, output } = await withProgress("compiling the agents' kernels", () =>
        compile(compiler, join(headers, 'include'), scratch, join(made, 'kernels.node')),
      )
      if (code !== 0) {
        say(`set-up: agents learn in WebAssembly: ${compiler} failed: ${lastLines(output, 3)}`)
        writeFileSync(join(made, 'failed.txt'), output)
      }
      putInPlace(made, folder, existsSync)
    })
  } catch (error) {
    say(`set-up: agents learn in WebAssembly: ${error.message}`)
  }
}

/** Each width as an object of its own, then the addon that chooses among them. */
async function compile(compiler, headers, scratch, target) {
  const widths = WIDTHS[process.arch] ?? WIDTHS.other
  const objects = widths.map(([name]) => join(scratch, `${name}.o`))
  const compiled = await Promise.all(
    widths.map(([name, lanes, needs], i) =>
      run(compiler, [
        ...[...FLAGS, ...needs, `-DWIDTH=${name}`, `-DLANES=${lanes}`],
        ...['-x', 'c++', '-c', join(NATIVE, 'kernels.h'), '-o', objects[i]],
      ]),
    ),
  )
  const failed = compiled.find(({ code }) => code !== 0)
  if (failed !== undefined) return failed
  // Its second thread outlives the threads of JavaScript: the code stays.
  const stays = process.platform === 'linux' ? ['-Wl,-z,nodelete'] : []
  const addon = [
    '-shared',
    '-pthread',
    ...stays,
    '-DNODE_GYP_MODULE_NAME=kernels',
    '-DNAPI_VERSION=8',
    '-I',
    headers,
  ]
  return run(compiler, [...FLAGS, ...addon, join(NATIVE, 'kernels.cc'), ...objects, '-o', target])
}

/** As src/agents/kernels/native.ts makes it. */
function kernelsFingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of ['native/kernels.cc', 'native/kernels.h', 'native/losses.h', 'kernels.mjs'])
    hash.update(readFileSync(join(HERE, file)))
  return hash.digest('hex').slice(0, 12)
}
