// `npm run build:kernels`: compiles assembly/kernels.ts (AssemblyScript) into src/agents/kernels/wasm-module.ts.
// With `-- --check`, writes nothing and fails where the two differ.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './setup/places.mjs'

const SOURCE = join(ROOT, 'assembly', 'kernels.ts')
const TARGET = join(ROOT, 'src', 'agents', 'kernels', 'wasm-module.ts')

/** The module as base64. @param {readonly string[]} features of WebAssembly */
async function compileKernels(features) {
  const { main } = await import('assemblyscript/asc')
  const folder = mkdtempSync(join(tmpdir(), 'layergym-kernels-'))
  try {
    const out = join(folder, 'kernels.wasm')
    const options = [
      '--outFile',
      out,
      '-O3',
      '--noAssert',
      '--runtime',
      'stub',
      ...features.flatMap(feature => ['--enable', feature]),
      '--importMemory',
    ]
    const { error, stderr } = await main([SOURCE, ...options])
    if (error) throw new Error(`${error.message}\n${stderr.toString()}`)
    return readFileSync(out).toString('base64')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What src/agents/kernels/wasm-module.ts has to be. */
const text = `/** assembly/kernels.ts, compiled by \`npm run build:kernels\`: WebAssembly with SIMD, as base64. */
export const MODULE =
  '${await compileKernels(['simd'])}'
/** The same with relaxed SIMD. */
export const RELAXED_MODULE =
  '${await compileKernels(['simd', 'relaxed-simd'])}'
`
if (!process.argv.includes('--check')) writeFileSync(TARGET, text)
else if (readFileSync(TARGET, 'utf8') !== text) {
  process.stderr.write(
    'src/agents/kernels/wasm-module.ts is not what assembly/kernels.ts compiles to: npm run build:kernels\n',
  )
  process.exitCode = 1
}
