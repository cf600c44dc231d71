import { setFlagsFromString } from 'node:v8'
import { BYTES, type KernelMemory, type Kernels, Layout } from './kernels.ts'
import { interpret } from './program.ts'
import { MODULE, RELAXED_MODULE } from './wasm-module.ts'

const PAGE = 65_536

let rounded: WasmModule | undefined

/** The kernels in WebAssembly's 128-bit SIMD (assembly/kernels.ts), each multiplication and each addition rounded. */
export function wasmMemory(bytes: number): KernelMemory {
  rounded ??= new WebAssembly.Module(Buffer.from(MODULE, 'base64'))
  return memoryOf(rounded, bytes)
}

/** The same, multiplied and added with one rounding; undefined where this Node or this processor can't. */
export function relaxedWasm(): ((bytes: number) => KernelMemory) | undefined {
  const bytes = Buffer.from(RELAXED_MODULE, 'base64')
  // Node 20 has it behind a flag.
  if (!WebAssembly.validate(bytes)) setFlagsFromString('--experimental-wasm-relaxed-simd')
  if (!WebAssembly.validate(bytes)) return undefined
  const module = new WebAssembly.Module(bytes)
  const memory = (size: number) => memoryOf(module, size)
  return fuses(memory) ? memory : undefined
}

/** (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴, and 0 where the square was rounded. */
function fuses(memoryFor: (bytes: number) => KernelMemory): boolean {
  const layout = new Layout()
  const [a, b, bias, c] = [1, 1, 1, 1].map(floats => layout.reserve(floats))
  const { buffer, kernels } = memoryFor(layout.bytes)
  const floats = new Float32Array(buffer)
  floats[a / BYTES] = floats[b / BYTES] = 1 + 2 ** -12
  floats[bias / BYTES] = -1 - 2 ** -11
  kernels.multiply(a, 1, 1, b, bias, c, 1, 1, 1)
  return floats[c / BYTES] === 2 ** -24
}

function memoryOf(compiled: WasmModule, bytes: number): KernelMemory {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) })
  const instance = new WebAssembly.Instance(compiled, { env: { memory } })
  const kernels = instance.exports as unknown as Kernels
  return { buffer: memory.buffer, kernels, run: program => interpret(kernels, program) }
}

/** Opaque. */
type WasmModule = Readonly<Record<never, never>>

/** What we use of WebAssembly: TypeScript describes it only together with the browser's globals. */
interface WebAssemblyApi {
  readonly Memory: new (descriptor: { readonly initial: number }) => { readonly buffer: ArrayBuffer }
  validate(bytes: Uint8Array): boolean
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> }
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }
