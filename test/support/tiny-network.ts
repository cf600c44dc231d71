import { Network } from '../../src/models/network.ts'
import { createOptimizer, type Optimizer } from '../../src/models/optimizer.ts'
import type { Outputs, Task } from '../../src/models/tasks/task.ts'
import { tf } from '../../src/models/tf.ts'
import { classTask } from './tasks.ts'

export const TASK = classTask(3)

/** A network of one dense layer on four numbers. */
export function tiny(task: Task, optimizer: () => Optimizer = () => createOptimizer({ kind: 'adamw' })) {
  const input = tf.input({ shape: [1, 4] })
  const flat = tf.layers.flatten().apply(input) as tf.SymbolicTensor
  const hidden = tf.layers
    .dense({ units: 5, kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }) })
    .apply(flat)
  const output = tf.layers.dense({ units: 3, kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) })
  const model = tf.model({ inputs: input, outputs: output.apply(hidden) as tf.SymbolicTensor })
  return { network: new Network(model, { count: 2 }), task, optimizer }
}

export const rates = [1e-2, 1e-2]
export const batch = (targets: readonly unknown[]) => {
  return { input: tf.randomNormal([2, 1, 4], 0, 1, 'float32', 4), clips: 2, from: 0, targets }
}

export const withLoss = (loss: Task['loss']): Task => Object.assign(Object.create(TASK), { loss })
export const squared = ({ values }: Outputs, to: tf.Tensor) =>
  tf.mean(tf.squaredDifference(values, to), -1) as tf.Tensor1D
