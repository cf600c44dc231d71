import { inputError } from '../../common/error.ts'

/**
 * The arithmetic of small networks over one memory: float32, row-major, addresses in bytes. Sums run in the order of their
 * terms. In products and in tanh a term is multiplied and added with one rounding or with two (`Arithmetic`): every
 * implementation gives the bits of the others of its arithmetic. Whole vectors are read, and elementwise kernels write, up
 * to the next multiple of `LANES` floats: what lies in a memory is followed by as much room.
 */
export interface Kernels {
  /**
   * c = bias + a b: a [m, k] with its elements `down` floats apart in a column and `along` in a row, b [k, n], bias [n]
   * (address 0: none), c [m, n].
   */
  multiply(
    ...[a, down, along, b, bias, c, m, k, n]: [
      ...[number, number, number, number, number, number, number, number, number],
    ]
  ): void
  /** t [columns, rows] = aᵀ, a [rows, columns] */
  transpose(a: number, t: number, rows: number, columns: number): void
  /** c [n] = the sums of a's columns, a [m, n] */
  columnSums(a: number, c: number, m: number, n: number): void
  /** y = tanh(y), n floats, within a few units in the last place (the coefficients of Eigen's `ptanh_float`) */
  tanh(y: number, n: number): void
  /** d = d · (1 − y²) */
  tanhGradient(d: number, y: number, n: number): void
  /** y = max(y, 0); NaN stays NaN */
  relu(y: number, n: number): void
  /** d = d where y > 0, else 0 */
  reluGradient(d: number, y: number, n: number): void
  /** Σ a², n floats: sixteen sums of every sixteenth term, halved four times */
  sumSquares(a: number, n: number): number
  /**
   * Adam's step down scale·g: p −= rate·m / (√v·correction + ε) after m += (1 − β₁)(g − m), v = β₂v + (1 − β₂)g²,
   * n floats each.
   */
  adam(
    ...[p, g, m, v, n, scale, rate, correction, beta1, beta2, epsilon]: [
      ...[number, number, number, number, number, number, number, number, number, number, number],
    ]
  ): void
  /** Σ a, n floats, as `sumSquares` */
  sum(a: number, n: number): number
  /** a = factor · a, n floats */
  scale(a: number, n: number, factor: number): void
  /** a = (a − mean) / (deviation + 1e-8), n ≥ 2 floats; the deviation is that of a sample, as torch.std */
  standardize(a: number, n: number): void
  /**
   * Of one choice, its `count` logits from `from` on in [rows, width]: logp = log softmax over what mask [rows, width] allows (address
   * 0: everything), −∞ elsewhere; p = exp(logp), both at the logits' places; chosen [rows] = logp of the actions [rows];
   * entropies [rows] = −Σ p logp, nats.
   */
  categorical(
    ...[logits, mask, actions, logp, p, chosen, entropies, rows, width, from, count]: [
      ...[number, number, number, number, number, number, number, number, number, number, number],
    ]
  ): void
  /**
   * gradient [rows, width], by the logits, of what `categorical` found: byChosen (1[k = action] − p) − byEntropy p (logp +
   * entropy); 0 where p is 0.
   */
  categoricalGradient(
    ...[byChosen, actions, logp, p, entropies, gradient, rows, width, from, count, byEntropy]: [
      ...[number, number, number, number, number, number, number, number, number, number, number],
    ]
  ): void
  /**
   * PPO's, n floats each, of log-probabilities now and before: r = exp(now − before); objective = min(r A, clip(r, 1 − clip,
   * 1 + clip) A); slope = its derivative by `now`; divergence = r − 1 − ln r; outside = 1 where |r − 1| > clip.
   */
  clippedObjective(
    ...[now, before, advantages, objective, slope, divergence, outside, n, clip]: [
      ...[number, number, number, number, number, number, number, number, number],
    ]
  ): void
  /**
   * n floats each, of values now and before: loss = ½ max((value − return)², (before + clip(value − before, −clip, clip) −
   * return)²), slope = its derivative by the value, 0 where the second is larger; clip ∞: the first alone.
   */
  valueLoss(
    ...[values, before, returns, loss, slope, n, clip]: [
      ...[number, number, number, number, number, number, number],
    ]
  ): void
}

/** One rounding for `a b + c`, as processors do it that have an instruction for it, or one for each of the two. */
export type Arithmetic = 'fused' | 'rounded'

/** Calls of kernels one after the other, as numbers: program.ts makes them. */
export type Program = Float64Array

/** Addresses are 32-bit integers. */
const MOST_BYTES = 2 ** 31 - 1
export const LANES = 16
/** Of a float. */
export const BYTES = 4

/** A memory and the kernels that work in it. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer
  readonly kernels: Kernels
  /** Many calls as one. */
  run(program: Program): void
}

/** A program and the memory that it is about. */
export interface Work {
  readonly memory: KernelMemory
  readonly program: Program
}

/** Addresses one after the other, each with the room that kernels need behind it. None is 0. */
export class Layout {
  bytes = BYTES * LANES

  /** The address of so many floats. @throws input error when all together are more than kernels can address */
  reserve(floats: number): number {
    const address = this.bytes
    this.bytes += BYTES * LANES * (Math.ceil(floats / LANES) + 1)
    if (this.bytes > MOST_BYTES) throw tooLarge(this.bytes)
    return address
  }
}

function tooLarge(bytes: number): Error {
  return inputError(
    'network.too-large',
    `a network and the rows that it computes at once take ${bytes} bytes, at most ${MOST_BYTES}: ` +
      'give smaller layers, shorter rollouts or smaller minibatches',
  )
}
