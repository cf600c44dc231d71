import { type Arithmetic, type KernelMemory, type Kernels, Layout } from '../../src/agents/kernels/kernels.ts'
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

/** The same numbers in a memory of each implementation, and what a kernel has made of them: all of them, bit by bit. */
export function everywhere(
  arithmetic: Arithmetic,
  floats: readonly number[],
  values: Float32Array,
  run: (kernels: Kernels, at: number[]) => unknown,
) {
  return Object.values(KERNELS[arithmetic]).map(memoryOf => {
    const layout = new Layout()
    const addresses = floats.map(count => layout.reserve(count))
    const { buffer, kernels } = memoryOf(layout.bytes)
    let from = 0
    const views = addresses.map((address, i) => {
      const view = new Float32Array(buffer, address, floats[i])
      view.set(values.subarray(from, from + floats[i]))
      from += floats[i]
      return view
    })
    const answer = run(kernels, addresses)
    return { answer, bits: views.map(view => [...new Int32Array(view.slice().buffer)]) }
  })
}
