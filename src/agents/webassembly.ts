/** What we use of WebAssembly: TypeScript describes it only together with the browser's globals. */
interface WebAssemblyApi {
  readonly Memory: new (descriptor: { readonly initial: number }) => WasmMemory
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> }
}

export interface WasmMemory {
  /** Another one after `grow`. */
  readonly buffer: ArrayBuffer
  /** By pages of 64 KiB. */
  grow(pages: number): number
}

/** Opaque. */
export type WasmModule = Readonly<Record<never, never>>

export const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }
