import { lbfgs } from '../../common/lbfgs.ts'
import { L2_STRENGTHS } from './solve-by-loss.ts'

/** Rows of features, [n, d] flat, and the class of each. */
export interface Labelled {
  readonly features: Float32Array
  readonly labels: readonly number[]
  readonly classes: number
  /** What each row's loss counts for, 1 in the mean; default: 1. */
  readonly weights?: readonly number[]
}

export interface LinearClassifier {
  /** [d, C] */
  readonly kernel: Float32Array
  /** [C] */
  readonly bias: Float32Array
}

export interface Solved extends LinearClassifier {
  readonly l2: number
  readonly converged: boolean
}

/** Added to the Gram matrix's diagonal, whose mean is 1: rows that are copies of others leave it singular. */
const JITTER = 1e-9

/**
 * Multinomial logistic regression, solved to convergence for one strength of L2 after the other: minimises
 * mean cross-entropy + l2·s²/2·‖W‖², s² the mean square norm of a row; the bias is free (scikit-learn's
 * LogisticRegression with C = 1/(n·l2·s²)).
 *
 * W lies in the span of the rows, so with more features than rows the problem is solved in the n coordinates of the
 * Gram matrix's Cholesky factor: the same solution, in seconds.
 */
export class LogisticRegression {
  private readonly n: number
  private readonly d: number
  /** [n, r]: rows in coordinates in which the penalty is the plain norm. */
  private readonly rows: Float64Array
  private readonly r: number
  private readonly scale: number
  private readonly factored: boolean
  /** Multiply–adds of the solutions so far, times two. */
  flops = 0

  constructor(private readonly data: Labelled) {
    const { features, labels } = data
    this.n = labels.length
    this.d = features.length / this.n
    let squares = 0
    for (const value of features) squares += value * value
    this.scale = squares / this.n || 1
    this.factored = this.n < this.d
    this.r = this.factored ? this.n : this.d
    const root = Math.sqrt(this.scale)
    this.rows = this.factored
      ? cholesky(gram(features, this.n, this.scale), this.n)
      : Float64Array.from(features, value => value / root)
    if (this.factored) this.flops += this.n * this.n * this.d
  }

  /** Solutions from the strongest L2 to the weakest, each starting from the one before it. */
  *path(strengths: readonly number[] = L2_STRENGTHS): Generator<Solved> {
    const { classes } = this.data
    let point = new Float64Array((this.r + 1) * classes)
    for (const l2 of strengths) {
      const minimum = lbfgs(at => this.objective(at, l2), point)
      point = Float64Array.from(minimum.point)
      this.flops += minimum.evaluations * 4 * this.n * this.r * classes
      yield { ...this.classifier(point), l2, converged: minimum.converged }
    }
  }

  /** Mean weighted cross-entropy + l2/2·‖β‖² and its gradient at [β (r × C), bias (C)]. */
  private objective(point: Float64Array, l2: number) {
    const { n, r, rows } = this
    const { labels, classes, weights } = this.data
    const gradient = new Float64Array(point.length)
    const bias = r * classes
    const logits = new Float64Array(classes)
    let value = 0
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < classes; c++) logits[c] = point[bias + c]
      // A Cholesky factor's row ends at its diagonal.
      const end = this.factored ? i + 1 : r
      for (let k = 0; k < end; k++) {
        const x = rows[i * r + k]
        for (let c = 0; c < classes; c++) logits[c] += x * point[k * classes + c]
      }
      const most = Math.max(...logits)
      let total = 0
      for (let c = 0; c < classes; c++) total += Math.exp(logits[c] - most)
      const share = (weights?.[i] ?? 1) / n
      value -= share * (logits[labels[i]] - most - Math.log(total))
      for (let c = 0; c < classes; c++) {
        logits[c] = share * (Math.exp(logits[c] - most) / total - (labels[i] === c ? 1 : 0))
        gradient[bias + c] += logits[c]
      }
      for (let k = 0; k < end; k++) {
        const x = rows[i * r + k]
        for (let c = 0; c < classes; c++) gradient[k * classes + c] += x * logits[c]
      }
    }
    for (let j = 0; j < bias; j++) {
      value += (l2 / 2) * point[j] ** 2
      gradient[j] += l2 * point[j]
    }
    return { value, gradient }
  }

  /** Back to the features' own coordinates. */
  private classifier(point: Float64Array): LinearClassifier {
    const { n, d, r, rows, scale } = this
    const { classes, features } = this.data
    const bias = Float32Array.from(point.subarray(r * classes))
    const kernel = new Float64Array(d * classes)
    if (!this.factored) {
      const root = Math.sqrt(scale)
      for (let j = 0; j < d * classes; j++) kernel[j] = point[j] / root
      return { kernel: Float32Array.from(kernel), bias }
    }
    // Logits Lβ = (XXᵀ/s²)α with α = L⁻ᵀβ, so W = Xᵀα/s².
    const alpha = point.slice(0, n * classes)
    for (let i = n - 1; i >= 0; i--) {
      for (let c = 0; c < classes; c++) {
        let sum = alpha[i * classes + c]
        for (let k = i + 1; k < n; k++) sum -= rows[k * n + i] * alpha[k * classes + c]
        alpha[i * classes + c] = sum / rows[i * n + i]
      }
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < d; j++) {
        const x = features[i * d + j] / scale
        if (x !== 0) for (let c = 0; c < classes; c++) kernel[j * classes + c] += x * alpha[i * classes + c]
      }
    }
    return { kernel: Float32Array.from(kernel), bias }
  }
}

/** XXᵀ/s² + jitter, [n, n]. */
function gram(features: Float32Array, n: number, scale: number): Float64Array {
  const d = features.length / n
  const result = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = 0; k < d; k++) sum += features[i * d + k] * features[j * d + k]
      result[i * n + j] = sum / scale + (i === j ? JITTER : 0)
    }
  }
  return result
}

/** Lower triangular L with LLᵀ = the symmetric matrix whose lower half is given; in its place. */
function cholesky(matrix: Float64Array, n: number): Float64Array {
  for (let j = 0; j < n; j++) {
    let diagonal = matrix[j * n + j]
    for (let k = 0; k < j; k++) diagonal -= matrix[j * n + k] ** 2
    const root = Math.sqrt(Math.max(diagonal, JITTER))
    matrix[j * n + j] = root
    for (let i = j + 1; i < n; i++) {
      let sum = matrix[i * n + j]
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k] * matrix[j * n + k]
      matrix[i * n + j] = sum / root
    }
  }
  return matrix
}
