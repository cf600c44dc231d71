import type { Arithmetic, KernelMemory, Kernels } from './kernels.ts'
import { losses, type MultiplyAdd, sumOfEverySixteenth } from './plain-losses.ts'
import { interpret } from './program.ts'

const f = Math.fround

const double = new Float64Array(1)
const bits = new BigInt64Array(double.buffer)

/**
 * One rounding: the product of two floats is exact in a double; their sum, where it isn't, is made odd in its last place,
 * and a float of it is then rounded as the exact sum's (Boldo & Melquiond 2008, "Emulation of a FMA and correctly rounded
 * sums").
 */
function fused(a: number, b: number, c: number): number {
  const product = a * b
  const sum = product + c
  const back = sum - product
  // Knuth's two-sum: what `sum` lacks.
  const lost = product - (sum - back) + (c - back)
  if (lost === 0 || !Number.isFinite(sum)) return f(sum)
  double[0] = sum
  if ((bits[0] & 1n) === 0n) bits[0] += lost > 0 === sum > 0 ? 1n : -1n
  return f(double[0])
}

/** Slow where it fuses: for tests. */
export const MULTIPLY_ADD: Readonly<Record<Arithmetic, MultiplyAdd>> = {
  rounded: (a, b, c) => f(f(a * b) + c),
  fused,
}

/** The kernels in plain TypeScript: what the others are held to, bit by bit, and what runs, rounded, where they can't. */
export function plainMemory(bytes: number, arithmetic: Arithmetic = 'rounded'): KernelMemory {
  const buffer = new ArrayBuffer(bytes)
  const memory = new Float32Array(buffer)
  const multiplyAdd = MULTIPLY_ADD[arithmetic]
  const ofOptimizer = optimizer(memory)
  const kernels = {
    ...products(memory, multiplyAdd),
    ...activations(memory, multiplyAdd),
    ...ofOptimizer,
    ...losses(memory, multiplyAdd, ofOptimizer),
  }
  return { buffer, kernels, run: program => interpret(kernels, program) }
}

function products(
  memory: Float32Array,
  multiplyAdd: MultiplyAdd,
): Pick<Kernels, 'multiply' | 'transpose' | 'columnSums'> {
  return {
    multiply(...args) {
      const [a, down, along, b, bias, c, m, k, n] = args
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = bias === 0 ? 0 : memory[bias / 4 + j]
          for (let l = 0; l < k; l++) {
            sum = multiplyAdd(memory[a / 4 + i * down + l * along], memory[b / 4 + l * n + j], sum)
          }
          memory[c / 4 + i * n + j] = sum
        }
      }
    },
    transpose(a, t, rows, columns) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) memory[t / 4 + j * rows + i] = memory[a / 4 + i * columns + j]
      }
    },
    columnSums(a, c, m, n) {
      for (let j = 0; j < n; j++) {
        let sum = 0
        for (let i = 0; i < m; i++) sum = f(sum + memory[a / 4 + i * n + j])
        memory[c / 4 + j] = sum
      }
    },
  }
}

function activations(
  memory: Float32Array,
  multiplyAdd: MultiplyAdd,
): Pick<Kernels, 'tanh' | 'tanhGradient' | 'relu' | 'reluGradient'> {
  return {
    tanh(y, n) {
      for (let i = y / 4; i < y / 4 + n; i++) memory[i] = tanh(memory[i], multiplyAdd)
    },
    tanhGradient(d, y, n) {
      for (let i = 0; i < n; i++) {
        const t = memory[y / 4 + i]
        memory[d / 4 + i] *= f(1 - f(t * t))
      }
    },
    relu(y, n) {
      for (let i = y / 4; i < y / 4 + n; i++) memory[i] = Math.max(memory[i], 0)
    },
    reluGradient(d, y, n) {
      for (let i = 0; i < n; i++) if (!(memory[y / 4 + i] > 0)) memory[d / 4 + i] = 0
    },
  }
}

const NUMERATOR = [
  2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5, 6.37261928875436e-4,
  4.89352455891786e-3,
].map(f)
const DENOMINATOR = [1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3].map(f)
const [NUMERATOR_FIRST, DENOMINATOR_FIRST, FAR] = [
  -2.76076847742355e-16, 1.19825839466702e-6, 7.905311107635498,
].map(f)

/** The rational function of Eigen's `ptanh_float` (MathFunctionsImpl.h). */
function tanh(value: number, multiplyAdd: MultiplyAdd): number {
  const x = Math.min(Math.max(value, -FAR), FAR)
  const s = f(x * x)
  const horner = (sum: number, coefficient: number) => multiplyAdd(s, sum, coefficient)
  const p = NUMERATOR.reduce(horner, NUMERATOR_FIRST)
  const q = DENOMINATOR.reduce(horner, DENOMINATOR_FIRST)
  return f(f(x * p) / q)
}

function optimizer(memory: Float32Array): Pick<Kernels, 'sumSquares' | 'adam'> {
  return {
    sumSquares: (a, n) => sumOfEverySixteenth(n, i => f(memory[a / 4 + i] * memory[a / 4 + i])),
    adam(...args) {
      const [p, gradient, mean, variance, n] = args.slice(0, 5)
      const [scale, rate, correction, beta1, beta2, epsilon] = args.slice(5).map(f)
      const [rest1, rest2] = [f(1 - beta1), f(1 - beta2)]
      for (let i = 0; i < n; i++) {
        const g = f(memory[gradient / 4 + i] * scale)
        const m = f(memory[mean / 4 + i] + f(rest1 * f(g - memory[mean / 4 + i])))
        const v = f(f(beta2 * memory[variance / 4 + i]) + f(f(rest2 * g) * g))
        memory[mean / 4 + i] = m
        memory[variance / 4 + i] = v
        memory[p / 4 + i] -= f(f(rate * m) / f(f(f(Math.sqrt(v)) * correction) + epsilon))
      }
    },
  }
}
