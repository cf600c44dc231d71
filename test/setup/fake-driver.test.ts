import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packageFolder } from '../../src/models/native.ts'

interface Scripts {
  librariesFolder(kind: 'gpu'): string
  findProgram(...names: readonly string[]): string | undefined
}

const script = (name: string) => import(resolve('scripts/setup', name)) as Promise<Scripts>
const { librariesFolder } = await script('libraries.mjs')
const { findProgram } = await script('places.mjs')

/** What set-up fetches and builds where there is a card: 3 GB, and not for a test. */
const libraries = librariesFolder('gpu')
const built = existsSync(libraries)
  ? readdirSync(libraries).find(name => name.startsWith('addon-'))
  : undefined
const addon = built && join(libraries, built, 'tfjs_binding.node')
const compiler = findProgram('cc', 'gcc', 'clang')
const missing = [
  ...(addon ? [] : ['the libraries that set-up fetches for a card']),
  ...(compiler ? [] : ['a C compiler']),
]

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'layergym-driver-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Compiles libraries of the faked driver into a folder of their own. */
function driverOf(...names: readonly ('cuda' | 'nvml')[]): string {
  const place = join(folder, names.join('-'))
  mkdirSync(place, { recursive: true })
  for (const name of names) {
    const library = { cuda: 'libcuda.so.1', nvml: 'libnvidia-ml.so.1' }[name]
    const source = resolve('test/setup/fake-driver', `${name}.c`)
    const given = ['-shared', '-fPIC', '-w', '-o', join(place, library), source]
    expect(spawnSync(compiler as string, given).status).toBe(0)
  }
  return place
}

/** All that a process prints: behind its driver nothing computes, so that it may well end badly. */
function said(code: string, driver: string, more: readonly string[] = []): string {
  const env = {
    ...process.env,
    LD_LIBRARY_PATH: driver,
    TF_CPP_MIN_LOG_LEVEL: '0',
    TF_CPP_VMODULE: 'gpu_device=1',
  }
  const { stdout, stderr } = spawnSync(process.execPath, [...more, '-e', code], {
    env,
    encoding: 'utf8',
    timeout: 50_000,
  })
  return stdout + stderr
}

const OPEN = `process.dlopen({ exports: {} }, ${JSON.stringify(addon)})`
const SEEN = /Adding visible gpu devices: 0/

describe.skipIf(missing.length > 0)(
  `a GPU's engine on a faked driver (needs ${missing.join(' and ') || 'nothing more'})`,
  () => {
    test('finds all of CUDA’s libraries, and sees the card', () => {
      const text = said(OPEN, driverOf('cuda', 'nvml'))
      expect(text).not.toMatch(/Cannot dlopen some GPU libraries|Could not load dynamic library/)
      expect(text).toMatch(SEEN)
    })

    test.each([['cuda'], ['nvml']] as const)('sees none with half a driver: %s alone', name => {
      expect(said(OPEN, driverOf(name))).not.toMatch(SEEN)
    })

    test.skipIf(
      !existsSync(join(packageFolder('@tensorflow/tfjs-node-gpu') ?? '', 'lib/napi-v8/tfjs_binding.node')),
    )('is opened beside the CPU’s package without ending the process', () => {
      const root = join(folder, 'root')
      mkdirSync(join(root, 'dev'), { recursive: true })
      writeFileSync(join(root, 'dev', 'nvidiactl'), '')
      const code = `
        import(${JSON.stringify(resolve('src/models/native.ts'))}).then(({ nativeAvailability }) => {
          process.env.CUDA_VISIBLE_DEVICES = ''
          for (const name of ['tfjs-node-gpu', 'tfjs-node'])
            console.log(name, JSON.stringify(nativeAvailability(name, ${JSON.stringify(root)})))
        })`
      const text = said(code, '', ['--import', 'tsx'])
      expect(text).toMatch(/tfjs-node-gpu {"available":true}/)
      expect(text).toMatch(/tfjs-node {"available":true}/)
    })
  },
)
