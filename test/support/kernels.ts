import type { Arithmetic, KernelMemory } from '../../src/agents/kernels/kernels.ts'
import { arithmeticOf } from '../../src/agents/kernels/memory.ts'
import { nativeKernels } from '../../src/agents/kernels/native.ts'
import { plainMemory } from '../../src/agents/kernels/plain.ts'
import { relaxedWasm, wasmMemory } from '../../src/agents/kernels/wasm.ts'

type MemoryOf = (bytes: number) => KernelMemory

const native = nativeKernels()
const relaxed = relaxedWasm()
const compiled = (of: Arithmetic): Record<string, MemoryOf> =>
  native !== undefined && arithmeticOf(native.instructions) === of
    ? { [native.instructions]: native.memory }
    : {}

/** All that can be had here, by their arithmetic; the first of each is the reference. */
export const KERNELS: Readonly<Record<Arithmetic, Readonly<Record<string, MemoryOf>>>> = {
  rounded: { plain: plainMemory, wasm: wasmMemory, ...compiled('rounded') },
  fused: {
    plain: bytes => plainMemory(bytes, 'fused'),
    ...(relaxed && { 'relaxed-wasm': relaxed }),
    ...compiled('fused'),
  },
}
