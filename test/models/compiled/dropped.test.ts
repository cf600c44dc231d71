import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, expect, test } from 'vitest'
import { CompiledExecutor } from '../../../src/models/compiled/compiled-executor.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { functionBackend } from '../../../src/models/function/binding.ts'
import { readWeights } from '../../../src/models/initialize.ts'
import { Network } from '../../../src/models/network.ts'
import { createOptimizer } from '../../../src/models/optimizer.ts'
import { tf } from '../../../src/models/tf.ts'
import { classTask } from '../../support/tasks.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
const turn = () => new Promise(resolve => setTimeout(resolve, 5))

beforeAll(async () => {
  await startEngine({ engine: 'tfjs-node' })
})

/** Counts what goes into the engine and leaves it. */
function counted(): { added: number; removed: number; restore(): void } {
  const backend = functionBackend()
  if (backend === undefined) throw new Error('no functions')
  const real = backend.binding
  const counts = {
    added: 0,
    removed: 0,
    restore: () => {
      backend.binding = real
    },
  }
  const added: typeof real.addFunction = (...given) => {
    counts.added++
    real.addFunction(...given)
  }
  const removed: typeof real.removeFunction = name => {
    counts.removed++
    real.removeFunction(name)
  }
  backend.binding = Object.create(real, {
    addFunction: { value: added },
    removeFunction: { value: removed },
  })
  return counts
}

/** Options whose closures know the executor, as a trainee's do. */
function stepOfEachGroup(): void {
  const input = tf.input({ shape: [1, 4] })
  const flat = tf.layers.flatten().apply(input) as tf.SymbolicTensor
  const hidden = tf.layers.dense({ units: 5 }).apply(flat) as tf.SymbolicTensor
  const output = tf.layers.dense({ units: 3 }).apply(hidden) as tf.SymbolicTensor
  const network = new Network(tf.model({ inputs: input, outputs: output }), { count: 2 })
  const options = {
    network,
    task: classTask(3),
    optimizer: () => createOptimizer({ kind: 'sgd' }),
    notice: () => void executor.read(),
  }
  const executor = new CompiledExecutor(options, readWeights(network))
  for (const rates of [
    [0, 1],
    [1, 0],
    [1, 1],
  ]) {
    const batch = { input: tf.ones([2, 1, 4]), clips: 2, from: 0, targets: [0, 1] }
    executor.step(batch, rates, {})
    executor.probe([batch, batch])
    batch.input.dispose()
  }
}

test('functions of an executor that nobody has any more leave the engine', async () => {
  const counts = counted()
  try {
    for (let i = 0; i < 3; i++) stepOfEachGroup()
    expect(counts.added).toBeGreaterThanOrEqual(12)
    for (let tries = 0; tries < 50 && counts.removed < counts.added; tries++) {
      await turn()
      collect()
    }
    expect(counts.removed).toBe(counts.added)
  } finally {
    counts.restore()
  }
})
