import { sizeOf } from '../../../common/arrays.ts'
import { Rng } from '../../../common/random.ts'
import { tf } from '../../tf.ts'
import type { InputSize, Outputs, Task } from '../task.ts'

/** A task, and the shape of what comes out for one clip, whose last axis holds the head's units. */
export interface Shaped {
  readonly task: Task
  readonly shape: readonly number[]
}

/** What comes out for one clip of such an input. */
export function outputShape(
  { head: { units, reads = 'clip' } }: Task,
  { frames, size }: InputSize,
): readonly number[] {
  if (reads === 'clip') return [units]
  if (reads === 'frames') return [frames, units]
  const maps = reads.strides.map(stride => tf.input({ shape: [...size.map(side => side / stride), 4] }))
  const built = reads.build(maps, { rng: Rng.of(0, 'check-task') })
  return [frames, ...built.shape.slice(1).map(side => side ?? 1)]
}

/** Outputs [B, ...shape] that are not past the head's activation. */
export function raw(values: Float32Array, of: Pick<Shaped, 'shape'>): Outputs {
  return { values: tf.tensor(values, [values.length / sizeOf(of.shape), ...of.shape]), activated: false }
}

/** What a fresh head gives: its start, whatever the clip. */
export function freshValues(of: Shaped, items: number): Float32Array {
  const { units, start } = of.task.head
  return Float32Array.from({ length: items * sizeOf(of.shape) }, (_, i) => start[i % units])
}

export function randomValues(of: Shaped, items: number, rng: Rng): Float32Array {
  const { units, start } = of.task.head
  return Float32Array.from({ length: items * sizeOf(of.shape) }, (_, i) => start[i % units] + rng.normal())
}

export function losses(task: Task, outputs: Outputs, targets: readonly unknown[]): Float32Array {
  return tf.tidy(() => Float32Array.from(task.loss(outputs, targets).dataSync()))
}

/** d(sum of losses)/d(outputs), flat. */
export function gradient(of: Shaped, values: Float32Array, targets: readonly unknown[]): Float32Array {
  return tf.tidy(() => {
    const at = raw(values, of).values
    const slope = tf.grad(x => tf.sum(of.task.loss({ values: x, activated: false }, targets)))(at)
    return Float32Array.from(slope.dataSync())
  })
}

const STEPS = 400
const RATE = 0.1

/** Outputs that the loss is content with: a few hundred steps of Adam on the outputs themselves. */
export function learnedValues(of: Shaped, targets: readonly unknown[]): Float32Array {
  const values = freshValues(of, targets.length)
  const m = new Float32Array(values.length)
  const v = new Float32Array(values.length)
  for (let step = 1; step <= STEPS; step++) {
    const slope = gradient(of, values, targets)
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
