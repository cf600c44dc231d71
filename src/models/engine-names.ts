/** In the order in which `auto` tries them; webgpu only by choice. Apart from the engines, which take long to load. */
export const ENGINES = ['tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu', 'webgpu'] as const
export type EngineName = (typeof ENGINES)[number]
