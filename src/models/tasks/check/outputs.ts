import type { Rng } from '../../../common/random.ts'
import { tf } from '../../tf.ts'
import type { Outputs, Task } from '../task.ts'

/** Outputs [B, units] that are not past the head's activation. */
export function raw(values: Float32Array, units: number): Outputs {
  return { values: tf.tensor2d(values, [values.length / units, units]), activated: false }
}

/** What a fresh head gives: its start, whatever the clip. */
export function freshValues({ head: { units, start } }: Task, items: number): Float32Array {
  return Float32Array.from({ length: items * units }, (_, i) => start[i % units])
}

export function randomValues({ head: { units, start } }: Task, items: number, rng: Rng): Float32Array {
  return Float32Array.from({ length: items * units }, (_, i) => start[i % units] + rng.normal())
}

export function losses(task: Task, outputs: Outputs, targets: readonly unknown[]): Float32Array {
  return tf.tidy(() => Float32Array.from(task.loss(outputs, targets).dataSync()))
}

/** d(sum of losses)/d(outputs), flat. */
export function gradient(task: Task, values: Float32Array, targets: readonly unknown[]): Float32Array {
  return tf.tidy(() => {
    const at = raw(values, task.head.units).values
    const slope = tf.grad(x => tf.sum(task.loss({ values: x, activated: false }, targets)))(at)
    return Float32Array.from(slope.dataSync())
  })
}

const STEPS = 400
const RATE = 0.1

/** Outputs that the loss is content with: a few hundred steps of Adam on the outputs themselves. */
export function learnedValues(task: Task, targets: readonly unknown[]): Float32Array {
  const values = freshValues(task, targets.length)
  const m = new Float32Array(values.length)
  const v = new Float32Array(values.length)
  for (let step = 1; step <= STEPS; step++) {
    const slope = gradient(task, values, targets)
    // Slower towards the end, so that it comes to rest.
    const rate = RATE * (1 - (step - 1) / STEPS)
    for (let i = 0; i < values.length; i++) {
      m[i] = 0.9 * m[i] + 0.1 * slope[i]
      v[i] = 0.99 * v[i] + 0.01 * slope[i] ** 2
      const size = Math.sqrt(v[i] / (1 - 0.99 ** step)) + 1e-12
      values[i] -= (rate * (m[i] / (1 - 0.9 ** step))) / size
    }
  }
  return values
}
