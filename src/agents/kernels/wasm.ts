import type { KernelMemory, Kernels } from './kernels.ts'
import { interpret } from './program.ts'
import { MODULE } from './wasm-module.ts'

const PAGE = 65_536

let compiled: WasmModule | undefined

/** The kernels in WebAssembly's 128-bit SIMD: assembly/kernels.ts. */
export function wasmMemory(bytes: number): KernelMemory {
  compiled ??= new WebAssembly.Module(Buffer.from(MODULE, 'base64'))
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
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> }
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }
