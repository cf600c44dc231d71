import type { Arithmetic, KernelMemory } from '../../src/agents/kernels/kernels.ts'
import { nativeKernels } from '../../src/agents/kernels/native.ts'
import { plainMemory } from '../../src/agents/kernels/plain.ts'
import { relaxedWasm, wasmMemory } from '../../src/agents/kernels/wasm.ts'

type MemoryOf = (bytes: number) => KernelMemory

const native = nativeKernels()
const relaxed = relaxedWasm()
const rounds = native?.instructions === 'sse' || native?.instructions === 'native'
const compiled = (of: Arithmetic): Record<string, MemoryOf> =>
  native !== undefined && rounds === (of === 'rounded') ? { [native.instructions]: native.memory } : {}

/** All that can be had here, by their arithmetic; the first of each is the reference. */
export const KERNELS: Readonly<Record<Arithmetic, Readonly<Record<string, MemoryOf>>>> = {
  rounded: { plain: plainMemory, wasm: wasmMemory, ...compiled('rounded') },
  fused: {
    plain: bytes => plainMemory(bytes, 'fused'),
    ...(relaxed && { 'relaxed-wasm': relaxed }),
    ...compiled('fused'),
  },
}
