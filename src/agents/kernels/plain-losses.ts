import type { Kernels } from './kernels.ts'

const f = Math.fround

/** a b + c in float32, with one rounding or with two. */
export type MultiplyAdd = (a: number, b: number, c: number) => number

type Losses = Pick<
  Kernels,
  'sum' | 'scale' | 'standardize' | 'categorical' | 'categoricalGradient' | 'clippedObjective' | 'valueLoss'
>

/** What agents minimise, in plain TypeScript: scripts/setup/native/losses.h row by row. */
export function losses(
  memory: Float32Array,
  multiplyAdd: MultiplyAdd,
  { sumSquares }: Pick<Kernels, 'sumSquares'>,
): Losses {
  const exp = (x: number) => exponential(x, multiplyAdd)
  const sum = (a: number, n: number) => sumOfEverySixteenth(n, i => memory[a / 4 + i])
  return {
    sum,
    scale(a, n, factor) {
      for (let i = a / 4; i < a / 4 + n; i++) memory[i] *= f(factor)
    },
    standardize(a, n) {
      const mean = f(sum(a, n) / n)
      for (let i = a / 4; i < a / 4 + n; i++) memory[i] -= mean
      const deviation = f(f(Math.sqrt(f(sumSquares(a, n) / (n - 1)))) + f(1e-8))
      for (let i = a / 4; i < a / 4 + n; i++) memory[i] /= deviation
    },
    categorical(...args) {
      const [logits, mask, actions, logp, p, chosen, entropies] = args.slice(0, 7).map(address => address / 4)
      const [rows, width, from, count] = args.slice(7)
      for (let row = 0; row < rows; row++) {
        const places = Array.from({ length: count }, (_, k) => row * width + from + k)
        const isAllowed = (at: number) => mask === 0 || memory[mask + at] !== 0
        const allowed = places.filter(isAllowed).map(at => memory[logits + at])
        const largest = allowed.reduce((most, x) => Math.max(most, x), -Infinity)
        const sum = allowed.reduce((sum, x) => f(sum + exp(f(x - largest))), 0)
        const normalizer = logarithm(sum, multiplyAdd)
        let entropy = 0
        for (const at of places) {
          const log = f(f(memory[logits + at] - largest) - normalizer)
          memory[logp + at] = isAllowed(at) ? log : -Infinity
          memory[p + at] = isAllowed(at) ? exp(log) : 0
          if (isAllowed(at)) entropy = f(entropy - f(memory[p + at] * log))
        }
        memory[chosen + row] = memory[logp + places[memory[actions + row]]]
        memory[entropies + row] = entropy
      }
    },
    categoricalGradient(...args) {
      const [byChosen, actions, logp, p, entropies, gradient] = args.slice(0, 6).map(address => address / 4)
      const [rows, width, from, count, byEntropy] = args.slice(6)
      for (let row = 0; row < rows; row++) {
        for (let k = 0; k < count; k++) {
          const at = row * width + from + k
          const probability = memory[p + at]
          const indicator = memory[actions + row] === k ? 1 : 0
          const byLog = f(memory[byChosen + row] * f(indicator - probability))
          const spread = f(f(f(byEntropy) * probability) * f(memory[logp + at] + memory[entropies + row]))
          memory[gradient + at] = probability === 0 ? 0 : f(byLog - spread)
        }
      }
    },
    clippedObjective(...args) {
      const [now, before, advantages, objective, slope, divergence, outside] = args.map(
        address => address / 4,
      )
      const [n, clip] = [args[7], f(args[8])]
      const [low, high] = [f(1 - clip), f(1 + clip)]
      for (let i = 0; i < n; i++) {
        const log = f(memory[now + i] - memory[before + i])
        const ratio = exp(log)
        const surrogate = f(ratio * memory[advantages + i])
        const clipped = f(Math.min(Math.max(ratio, low), high) * memory[advantages + i])
        const isBelow = surrogate <= clipped
        memory[objective + i] = isBelow ? surrogate : clipped
        memory[slope + i] = isBelow ? surrogate : 0
        memory[divergence + i] = f(f(ratio - 1) - log)
        memory[outside + i] = Math.abs(f(ratio - 1)) > clip ? 1 : 0
      }
    },
    valueLoss(...args) {
      const [values, before, returns, loss, slope] = args.map(address => address / 4)
      const [n, clip] = [args[5], f(args[6])]
      for (let i = 0; i < n; i++) {
        const error = f(memory[values + i] - memory[returns + i])
        const moved = Math.min(Math.max(f(memory[values + i] - memory[before + i]), -clip), clip)
        const held = clip < Infinity ? f(f(memory[before + i] + moved) - memory[returns + i]) : 0
        const [square, other] = [f(error * error), f(held * held)]
        memory[loss + i] = 0.5 * Math.max(square, other)
        memory[slope + i] = square >= other ? error : 0
      }
    },
  }
}

/** Sixteen sums of every sixteenth term, halved four times. */
export function sumOfEverySixteenth(n: number, term: (i: number) => number): number {
  const sums = new Float32Array(16)
  for (let i = 0; i < n; i++) sums[i % 16] += term(i)
  for (let half = 8; half >= 1; half /= 2) for (let l = 0; l < half; l++) sums[l] += sums[l + half]
  return sums[0]
}

const EXPONENTIAL = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
].map(f)
const LOGARITHM = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(f)
const LN2 = 0.693359375
const LN2_REST = f(-2.1219444e-4)
/** Added, it leaves an integer in the last places. */
const ROUND = 12_582_912

/** exp(x), x held within −87 and 88 (the coefficients of Cephes' expf): x = n ln 2 + r. */
export function exponential(value: number, multiplyAdd: MultiplyAdd): number {
  const x = Math.min(Math.max(value, -87), 88)
  const n = f(multiplyAdd(x, f(Math.LOG2E), ROUND) - ROUND)
  const r = multiplyAdd(n, -LN2_REST, multiplyAdd(n, -LN2, x))
  const p = EXPONENTIAL.reduce((sum, coefficient) => multiplyAdd(sum, r, coefficient))
  return f(f(multiplyAdd(p, f(r * r), r) + 1) * 2 ** n)
}

const float = new Float32Array(1)
const bits = new Int32Array(float.buffer)

/** ln x, x > 0 and not the smallest (the coefficients of Cephes' logf): x = 2ⁿ m, √½ ≤ m < √2. */
export function logarithm(x: number, multiplyAdd: MultiplyAdd): number {
  float[0] = x
  let n = (bits[0] >> 23) - 126
  bits[0] = (bits[0] & 0x007f_ffff) | 0x3f00_0000
  let m = float[0]
  if (m < f(Math.SQRT1_2)) {
    m = f(m + m)
    n--
  }
  const r = f(m - 1)
  const square = f(r * r)
  const p = LOGARITHM.reduce((sum, coefficient) => multiplyAdd(sum, r, coefficient))
  const y = multiplyAdd(-0.5, square, multiplyAdd(n, LN2_REST, f(f(r * square) * p)))
  return multiplyAdd(n, LN2, f(r + y))
}
