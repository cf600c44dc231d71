import { KERNELS } from './kernels.ts'
import { type WasmMemory, type WasmModule, WebAssembly } from './webassembly.ts'

/** Of a float. */
export const BYTES = 4
/** Of memory, bytes. */
export const PAGE = 65_536

/** Of assembly/kernels.ts: matrices are row-major, pointers byte addresses in the memory that they were made on. */
export interface Kernels {
  affine(x: number, w: number, b: number, y: number, rows: number, inputs: number, outputs: number): void
  multiply(
    ...[a, down, along, b, c, m, k, n]: [number, number, number, number, number, number, number, number]
  ): void
  columnSums(a: number, c: number, m: number, n: number): void
  tanh(y: number, n: number): void
  relu(y: number, n: number): void
  tanhGradient(d: number, y: number, n: number): void
  reluGradient(d: number, y: number, n: number): void
}

let compiled: WasmModule | undefined

/** The kernels on a memory; compiled once. */
export function instantiate(memory: WasmMemory): Kernels {
  compiled ??= new WebAssembly.Module(Buffer.from(KERNELS, 'base64'))
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Kernels
}
