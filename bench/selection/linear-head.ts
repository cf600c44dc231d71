import { Rng } from '../../src/common/random.ts'

/** Inner products of clips' features, [n][n]. */
export interface Gram {
  readonly size: number
  readonly values: Float32Array
}

const ITERATIONS = 60

/**
 * Multinomial logistic regression with L2 on features that are known by their inner products, by Nesterov's accelerated
 * gradient in the space of functions: weights are sums over the training clips, W = Σ_i a_i x_i.
 * @returns log p of every clip, [n][C]
 */
export function linearHead(
  gram: Gram,
  labels: readonly number[],
  train: readonly number[],
  classes: number,
  l2: number,
): readonly Float64Array[] {
  const count = train.length
  const inner = between(gram, train, train)
  const rate = 1 / ((0.5 * largestEigenvalue(inner, count)) / count + l2)
  let a: Float64Array = new Float64Array(count * classes)
  let ahead = a
  for (let step = 0; step < ITERATIONS; step++) {
    const scores = product(inner, ahead, count, classes)
    const next = new Float64Array(count * classes)
    for (let i = 0; i < count; i++) {
      const p = logSoftmax(scores.subarray(i * classes, (i + 1) * classes))
      for (let c = 0; c < classes; c++) {
        const error = (Math.exp(p[c]) - Number(labels[train[i]] === c)) / count
        next[i * classes + c] = ahead[i * classes + c] - rate * (error + l2 * ahead[i * classes + c])
      }
    }
    const momentum = step / (step + 3)
    const before = a
    ahead = next.map((x, k) => x + momentum * (x - before[k]))
    a = next
  }
  const all = Array.from({ length: gram.size }, (_, i) => i)
  const scores = product(between(gram, all, train), a, count, classes)
  return all.map(i => logSoftmax(scores.subarray(i * classes, (i + 1) * classes)))
}

/** log p of each of the `clips`, by a head that saw no clip of its recording: k folds of recordings. */
export function crossValidated(
  gram: Gram,
  labels: readonly number[],
  recordings: readonly string[],
  options: { readonly folds: number; readonly classes: number; readonly l2: number },
): readonly Float64Array[] {
  const shuffled = Rng.of(1, 'folds').shuffle([...new Set(recordings)])
  const fold = new Map(shuffled.map((recording, i) => [recording, i % options.folds]))
  const logs = new Array<Float64Array>(labels.length)
  for (let held = 0; held < options.folds; held++) {
    const train = recordings.flatMap((recording, i) => (fold.get(recording) === held ? [] : [i]))
    const all = linearHead(gram, labels, train, options.classes, options.l2)
    for (const [i, recording] of recordings.entries()) if (fold.get(recording) === held) logs[i] = all[i]
  }
  return logs
}

/** The first `size` clips alone. */
export function leading(gram: Gram, size: number): Gram {
  const values = new Float32Array(size * size)
  for (let i = 0; i < size; i++)
    values.set(gram.values.subarray(i * gram.size, i * gram.size + size), i * size)
  return { size, values }
}

/** [rows][columns] */
function between({ size, values }: Gram, rows: readonly number[], columns: readonly number[]): Float64Array {
  const result = new Float64Array(rows.length * columns.length)
  let at = 0
  for (const i of rows) for (const j of columns) result[at++] = values[i * size + j]
  return result
}

/** [rows][inner] · [inner][columns] */
function product(a: Float64Array, b: Float64Array, inner: number, columns: number): Float64Array {
  const rows = a.length / inner
  const result = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const x = a[i * inner + k]
      for (let c = 0; c < columns; c++) result[i * columns + c] += x * b[k * columns + c]
    }
  return result
}

/** By twenty powers, and a tenth more for what they miss. */
function largestEigenvalue(a: Float64Array, size: number): number {
  // Not constant: centred features have the constant vector in their kernel.
  let v: Float64Array = Float64Array.from({ length: size }, (_, i) => 1 + 0.5 * Math.sin(i))
  let norm = 0
  for (let step = 0; step < 20; step++) {
    const next = product(a, v, size, 1)
    norm = length(next) / length(v)
    const scale = length(next) || 1
    v = next.map(x => x / scale)
  }
  return 1.1 * norm
}

function length(v: Float64Array): number {
  return Math.sqrt(v.reduce((sum, x) => sum + x * x, 0))
}

function logSoftmax(logits: Float64Array): Float64Array {
  const most = Math.max(...logits)
  const total = most + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - most), 0))
  return logits.map(x => x - total)
}
