import { availableParallelism } from 'node:os'
import { inputError } from '../../common/error.ts'
import { type Arithmetic, type KernelMemory, type Kernels, Layout, type Work } from './kernels.ts'
import { type Instructions, nativeKernels } from './native.ts'
import { plainMemory } from './plain.ts'
import { relaxedWasm, wasmMemory } from './wasm.ts'

/** Which instructions the kernels use. */
export type KernelWidth = Instructions | 'relaxed-wasm' | 'wasm' | 'plain'

const FUSED: readonly KernelWidth[] = ['avx512', 'avx2', 'neon', 'relaxed-wasm']

interface Chosen {
  readonly width: KernelWidth
  memory(bytes: number): KernelMemory
  /** Two programs at once, where there are threads for it. */
  readonly runBoth?: (first: Work, second: Work) => void
}

let chosen: Chosen | undefined

/** A memory of at least so many bytes, with the fastest kernels that this process can have. */
export function kernelMemory(bytes: number): KernelMemory {
  chosen ??= choose(process.env.LAYERGYM_KERNELS)
  return chosen.memory(bytes)
}

/** Arrays in one memory by name, their addresses, and the kernels that work in it. */
export type Allotted<N extends string> = {
  readonly kernels: Kernels
  readonly at: Readonly<Record<N, number>>
} & Readonly<Record<N, Float32Array>>

/** @param sizes floats of each array */
export function allotted<N extends string>(sizes: Readonly<Record<N, number>>): Allotted<N> {
  const layout = new Layout()
  const places = Object.entries<number>(sizes).map(([name, floats]) => ({
    ...{ name, floats, address: layout.reserve(floats) },
  }))
  const { buffer, kernels } = kernelMemory(layout.bytes)
  const arrays = places.map(({ name, floats, address }) => [name, new Float32Array(buffer, address, floats)])
  const at = Object.fromEntries(places.map(({ name, address }) => [name, address])) as Record<N, number>
  return { kernels, at, ...(Object.fromEntries(arrays) as Record<N, Float32Array>) }
}

/** Where an optimizer works: parameters, their gradient, and its moments. */
export type OptimizerRoom = Allotted<'parameters' | 'gradient' | 'mean' | 'variance'>

export function makeRoom(size: number): OptimizerRoom {
  return allotted({ parameters: size, gradient: size, mean: size, variance: size })
}

/**
 * Two programs over two memories: at once where the kernels are compiled and this process has two cores, else one after
 * the other, to the same bits. LAYERGYM_KERNEL_THREADS=1 says that other cores are taken.
 */
export function runBoth(first: Work, second: Work): void {
  if (chosen?.runBoth !== undefined) chosen.runBoth(first, second)
  else for (const { memory, program } of [first, second]) memory.run(program)
}

/** What `kernelMemory` uses. */
export function kernelWidth(): KernelWidth {
  chosen ??= choose(process.env.LAYERGYM_KERNELS)
  return chosen.width
}

/** Bits depend on it. */
export function kernelArithmetic(): Arithmetic {
  return arithmeticOf(kernelWidth())
}

export function arithmeticOf(width: KernelWidth): Arithmetic {
  return FUSED.includes(width) ? 'fused' : 'rounded'
}

const WASM: Chosen = { width: 'wasm', memory: wasmMemory }
const PLAIN: Chosen = { width: 'plain', memory: plainMemory }

/** @throws input error when what was asked for isn't there */
function choose(asked: string | undefined): Chosen {
  if (asked === 'plain') return PLAIN
  const hasWebAssembly = 'WebAssembly' in globalThis
  if (asked === 'wasm' && hasWebAssembly) return WASM
  const any = asked === undefined || asked === ''
  if (any || asked === 'native') {
    const native = nativeKernels()
    if (native !== undefined) {
      const { instructions: width, memory, runBoth } = native
      return { width, memory, ...(mayUseTwoThreads() && { runBoth }) }
    }
  }
  if ((any || asked === 'relaxed-wasm') && hasWebAssembly) {
    const memory = relaxedWasm()
    if (memory !== undefined) return { width: 'relaxed-wasm', memory }
  }
  if (any) return hasWebAssembly ? WASM : PLAIN
  const allowed =
    'native (what set-up compiles), relaxed-wasm (where Node and the processor multiply and add at once), wasm, plain, or unset for the fastest that is there'
  throw inputError('kernels.unknown', `LAYERGYM_KERNELS is '${asked}', which is not there: ${allowed}`)
}

/** Environment variable: threads that a process's kernels may use, 1 or 2. */
export const KERNEL_THREADS = 'LAYERGYM_KERNEL_THREADS'

function mayUseTwoThreads(): boolean {
  return process.env[KERNEL_THREADS] !== '1' && availableParallelism() > 1
}
