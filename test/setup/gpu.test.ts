import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hasNvidiaCard as hasCard } from '../../src/models/native.ts'

interface Scripts {
  hasNvidiaCard(root: string): boolean
  nvidiaDriver(root: string): string | undefined
  missingDriverLibraries(root: string, libraryPath: string): readonly string[]
  linkSolver(folder: string): void
}

const script = (name: string) => import(resolve('scripts/setup', name)) as Promise<Scripts>
const { hasNvidiaCard, nvidiaDriver, missingDriverLibraries } = await script('places.mjs')
const { linkSolver } = await script('libraries.mjs')

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'layergym-gpu-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function put(path: string, text = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

describe('an NVIDIA card', () => {
  test('is its device: the kernel module shows in containers that have none', () => {
    put('proc/driver/nvidia/version', 'NVRM version: 550.1\nGCC version: 12')
    expect([hasNvidiaCard(root), hasCard(root)]).toEqual([false, false])
    expect(nvidiaDriver(root)).toBe('NVRM version: 550.1')
    put('dev/nvidiactl')
    expect([hasNvidiaCard(root), hasCard(root)]).toEqual([true, true])
  })

  test('is one under WSL too', () => {
    expect(nvidiaDriver(root)).toBeUndefined()
    put('dev/dxg')
    expect([hasNvidiaCard(root), hasCard(root)]).toEqual([true, true])
  })

  test("is of no use without the driver's own libraries, wherever they lie", () => {
    expect(missingDriverLibraries(root, '')).toEqual(['libcuda.so.1', 'libnvidia-ml.so.1'])
    put('usr/lib/x86_64-linux-gnu/libcuda.so.1')
    expect(missingDriverLibraries(root, '')).toEqual(['libnvidia-ml.so.1'])
    put('elsewhere/libnvidia-ml.so.1')
    expect(missingDriverLibraries(root, join(root, 'elsewhere'))).toEqual([])
    put('etc/ld.so.cache', 'libc.so.6\0libnvidia-ml.so.1\0')
    expect(missingDriverLibraries(root, '')).toEqual([])
  })
})

test('cuSOLVER is found where TensorFlow looks for cuSPARSE', () => {
  linkSolver(root)
  put('nvidia/cusolver/lib/libcusolver.so.11', 'solver')
  put('nvidia/cusparse/lib/libcusparse.so.12')
  linkSolver(root)
  linkSolver(root)
  expect(readFileSync(join(root, 'nvidia/cusparse/lib/libcusolver.so.11'), 'utf8')).toBe('solver')
})
