// The arithmetic of small networks and of what agents minimise, in AssemblyScript: float32, four lanes at a time. The same
// bits as scripts/setup/native/kernels.h and src/agents/kernels/plain.ts. `npm run build:kernels` compiles it into
// src/agents/kernels/wasm-module.ts, twice: with relaxed SIMD, where a processor may multiply and add with one rounding, and
// without. Addresses are bytes; nothing is aligned, allocated or checked.
export {
  adam, columnSums, multiply, relu, reluGradient, sumSquares, tanh, tanhGradient, transpose,
} from './networks'
export {
  categorical, categoricalGradient, clippedObjective, scale, standardize, sum, valueLoss,
} from './losses'
