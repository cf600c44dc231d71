import { lbfgs } from '../../common/lbfgs.ts'
import { tf } from '../tf.ts'
import type { LinearProblem, LinearSolution, Task } from './task.ts'

/** Strengths that are tried, the strongest first: on features scaled so that a row's mean square norm is 1. */
export const L2_STRENGTHS = [1, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5] as const

/** Single precision: below it, gradients are noise. */
const TOLERANCE = 1e-4
const MOST_EVALUATIONS = 200

/**
 * The linear head that minimises mean loss + l2·s²/2·‖W‖², s² the mean square norm of a row, for one strength after the
 * other, through the task's own loss on the engine; the bias is free and starts where a fresh head's does.
 */
export function* solveByLoss<T, P>(task: Task<T, P>, problem: LinearProblem<T>): Generator<LinearSolution> {
  const { features, targets } = problem
  const { units, start } = task.head
  const n = targets.length
  const d = features.length / n
  const scale = Math.sqrt(features.reduce((sum, value) => sum + value * value, 0) / n || 1)
  const weights = targets.map(target => task.weight?.(target) ?? 1)
  const rows = tf.tensor2d(
    features.map(value => value / scale),
    [n, d],
  )
  const share = tf.tensor1d(weights.map(weight => weight / n))
  const meanLoss = (kernel: tf.Tensor, bias: tf.Tensor) => {
    const values = tf.add(tf.matMul(rows, kernel), bias)
    return tf.sum(tf.mul(task.loss({ values, activated: false }, targets), share)) as tf.Scalar
  }
  let point = new Float64Array(d * units + units)
  point.set(start, d * units)
  let flops = 0
  try {
    for (const l2 of L2_STRENGTHS) {
      const minimum = lbfgs(at => objective(at, { meanLoss, l2, d, units }), point, {
        tolerance: TOLERANCE,
        maxEvaluations: MOST_EVALUATIONS,
      })
      point = Float64Array.from(minimum.point)
      flops += minimum.evaluations * 6 * n * d * units
      const kernel = Float32Array.from(point.subarray(0, d * units), value => value / scale)
      const bias = Float32Array.from(point.subarray(d * units))
      yield { kernel, bias, l2, converged: minimum.converged, flops }
    }
  } finally {
    tf.dispose([rows, share])
  }
}

interface Penalised {
  readonly meanLoss: (kernel: tf.Tensor, bias: tf.Tensor) => tf.Scalar
  readonly l2: number
  readonly d: number
  readonly units: number
}

function objective(at: Float64Array, { meanLoss, l2, d, units }: Penalised) {
  const size = d * units
  const gradient = new Float64Array(at.length)
  const loss = tf.tidy(() => {
    const kernel = tf.tensor2d(Float32Array.from(at.subarray(0, size)), [d, units])
    const bias = tf.tensor1d(Float32Array.from(at.subarray(size)))
    const { value, grads } = tf.valueAndGrads(meanLoss)([kernel, bias])
    gradient.set(grads[0].dataSync())
    gradient.set(grads[1].dataSync(), size)
    return value.dataSync()[0]
  })
  let penalty = 0
  for (let j = 0; j < size; j++) {
    penalty += (l2 / 2) * at[j] ** 2
    gradient[j] += l2 * at[j]
  }
  return { value: loss + penalty, gradient }
}
