import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultCacheDir } from '../../common/cache-dir.ts'
import type { KernelMemory, Kernels, Program, Work } from './kernels.ts'

/** What set-up compiles of scripts/setup/native/kernels.cc. */
interface Addon {
  attach(buffer: ArrayBuffer): Kernels
  /** Every call of a program over a buffer. */
  run(buffer: ArrayBuffer, program: Program): void
  /** The same of two, the first one in another thread. */
  runBoth(...works: [ArrayBuffer, Program, ArrayBuffer, Program]): void
  /** The widest that this processor has. */
  readonly instructions: Instructions
}

export type Instructions = 'avx512' | 'avx2' | 'sse' | 'neon' | 'native'

/** Kernels compiled for this machine. */
export interface NativeKernels {
  readonly instructions: Instructions
  memory(bytes: number): KernelMemory
  /** Two programs over two memories at once. */
  runBoth(first: Work, second: Work): void
}

/** Undefined where set-up has compiled none of these sources, or they don't load. */
export function nativeKernels(): NativeKernels | undefined {
  const file = join(defaultCacheDir(), `kernels-${sourcesFingerprint()}`, 'kernels.node')
  if (!existsSync(file)) return undefined
  const module = { exports: {} }
  try {
    process.dlopen(module, file)
  } catch {
    return undefined
  }
  const { attach, run, runBoth, instructions } = module.exports as Addon
  return {
    instructions,
    memory: bytes => {
      const buffer = new ArrayBuffer(bytes)
      return { buffer, kernels: attach(buffer), run: program => run(buffer, program) }
    },
    runBoth: (first, second) =>
      runBoth(first.memory.buffer, first.program, second.memory.buffer, second.program),
  }
}

/** As scripts/setup/kernels.mjs makes it. */
function sourcesFingerprint(): string {
  const setUp = fileURLToPath(new URL('../../../scripts/setup/', import.meta.url))
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of ['native/kernels.cc', 'native/kernels.h', 'native/losses.h', 'kernels.mjs'])
    hash.update(readFileSync(join(setUp, file)))
  return hash.digest('hex').slice(0, 12)
}
