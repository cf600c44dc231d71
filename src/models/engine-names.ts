/** In the order in which `auto` tries them; webgpu only by choice. Apart from the engines, which take long to load. */
export const ENGINES = ['tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu', 'webgpu'] as const
export const ENGINE_WORDS: Readonly<Record<EngineName, string>> = {
  'tfjs-node-gpu': 'TensorFlow on an NVIDIA GPU (`layergym setup` builds it)',
  'tfjs-node': 'TensorFlow on the CPU (`layergym setup` builds it)',
  wasm: 'WebAssembly with SIMD: works everywhere, about 40 times slower',
  cpu: 'plain JavaScript: the last resort, and the reference of tests',
  webgpu: 'WebGPU, by choice alone',
}
export type EngineName = (typeof ENGINES)[number]
