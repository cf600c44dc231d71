import { beforeAll, describe, expect, test } from 'vitest'
import type { Clip, Item } from '../../../src/data/dataset.ts'
import { CompiledExecutor } from '../../../src/models/compiled/compiled-executor.ts'
import { fedByLosses, tensorsOf } from '../../../src/models/compiled/gradient-body.ts'
import { EagerExecutor } from '../../../src/models/eager-executor.ts'
import { startEngine } from '../../../src/models/engine.ts'
import type { Executor } from '../../../src/models/executor.ts'
import { chooseExecutor } from '../../../src/models/executors.ts'
import { functionBackend } from '../../../src/models/function/binding.ts'
import { EngineFunction } from '../../../src/models/function/engine-function.ts'
import { trace } from '../../../src/models/function/trace.ts'
import { readWeights } from '../../../src/models/initialize.ts'
import { createOptimizer, type Optimizer } from '../../../src/models/optimizer.ts'
import { classification } from '../../../src/models/tasks/classification.ts'
import { objectDetection } from '../../../src/models/tasks/detection/detection.ts'
import { sceneSegmentation } from '../../../src/models/tasks/segmentation/segmentation.ts'
import type { Outputs, TaskDefinition } from '../../../src/models/tasks/task.ts'
import { temporalSegmentation } from '../../../src/models/tasks/temporal/temporal.ts'
import { tf } from '../../../src/models/tf.ts'
import { boxed, masked, timed } from '../../support/annotated.ts'
import { maxDifference } from '../../support/models.ts'
import { batch, rates, squared, TASK, tiny, withLoss } from '../../support/tiny-network.ts'

beforeAll(async () => {
  await startEngine({ engine: 'tfjs-node' })
})

const SEGMENTED = { frames: 8, size: [64, 64], fit: 'crop', strides: [] } as const
const DENSE = { frames: 1, size: [64, 64], fit: 'stretch', strides: [8, 16] } as const

const labelled = (count: number) => {
  const clips: readonly Clip[] = Array.from({ length: count }, (_, i) => {
    return { id: String(i), path: '', label: String(i % 3) }
  })
  return {
    dataset: { path: '', classes: ['0', '1', '2'], clips, hasGroups: false, skipped: [] },
    items: clips,
  }
}

/** What a task learns from, and the shape of what comes out for two clips. */
const TASKS: readonly (readonly [
  string,
  TaskDefinition,
  ReturnType<typeof boxed>,
  typeof DENSE | typeof SEGMENTED,
  number[],
])[] = [
  ['classification', classification('scene', 'for tests') as TaskDefinition, labelled(12), DENSE, [2, 3]],
  ['detection', objectDetection as TaskDefinition, boxed(12), DENSE, [2, 1, 80, 6]],
  ['segmentation', sceneSegmentation as TaskDefinition, masked(12), DENSE, [2, 1, 8, 8, 3]],
  ['temporal segmentation', temporalSegmentation as TaskDefinition, timed(12), SEGMENTED, [2, 8, 3]],
]

/** Loss and gradient by the outputs. */
function differentiated(values: tf.Tensor, loss: (outputs: Outputs) => tf.Tensor): readonly tf.Tensor[] {
  const { value, grad } = tf.valueAndGrad((at: tf.Tensor) => tf.sum(loss({ values: at, activated: false })))(
    values,
  )
  return [value, grad]
}

describe('a loss that was traced on some targets', () => {
  test.each(TASKS)('is that of others too: %s', (_name, definition, { dataset, items }, input, shape) => {
    const backend = functionBackend()
    if (backend === undefined) throw new Error('no functions')
    const task = definition.create(
      definition.facts({ dataset, train: dataset.clips, balance: 'none', input }),
    )
    const targets = (items as readonly Item[]).map(item => task.target(item))
    const width = shape[shape.length - 1]
    const units = task.head.units
    const values = tf.randomNormal([...shape.slice(0, -1), units || width], 0, 1, 'float32', 3)
    const traced = trace(backend, [values], ([own], live) =>
      differentiated(own, outputs =>
        live([outputs.values], ([inside]) => task.loss({ ...outputs, values: inside }, targets.slice(0, 2))),
      ),
    )
    const made = new EngineFunction(backend, traced)
    const network = { outputs: (inside: tf.Tensor) => ({ values: inside, activated: false }) }
    const losses = [0, 2, 4].map(from => {
      const some = targets.slice(from, from + 2)
      const fed = fedByLosses(traced.live, { network, task } as never, [some])
      expect(fed).toBeDefined()
      const found = made.call([values], tensorsOf(fed ?? []))
      const expected = differentiated(values, outputs => task.loss(outputs, some))
      found.forEach((tensor, i) => {
        const theirs = expected[i].dataSync() as Float32Array
        expect(maxDifference(tensor.dataSync() as Float32Array, theirs)).toBeLessThan(1e-4)
      })
      return found[0].dataSync()[0]
    })
    expect(new Set(losses).size).toBeGreaterThan(1)
    made.dispose()
  })
})

/** Losses of steps on these targets, one batch after the other. */
function lossesOf(executor: Executor, batches: readonly (readonly unknown[])[]): readonly number[] {
  return batches.map(targets => executor.step(batch(targets), rates, {}).loss)
}

describe('a loss', () => {
  test('whose tensors change their shape with the targets gets a function for each', () => {
    const task = withLoss((outputs, targets) => {
      const named = targets.filter(target => target !== undefined) as number[]
      const sum = tf.sum(tf.tensor1d(named))
      return squared(outputs, sum)
    })
    const batches = [
      [1, 2],
      [3, undefined],
      [5, 6],
      [7, undefined],
    ]
    const [eager, compiled] = [EagerExecutor, CompiledExecutor].map(Executor => {
      const options = tiny(task)
      return lossesOf(new Executor(options, readWeights(options.network)), batches)
    })
    for (const [i, loss] of compiled.entries()) expect(loss).toBeCloseTo(eager[i], 3)
  })

  test('may decide on the host which way it goes', () => {
    const task = withLoss((outputs, targets) =>
      targets[0] === 0 ? squared(outputs, tf.scalar(1)) : tf.abs(squared(outputs, tf.scalar(-1))),
    )
    const [eager, compiled] = [EagerExecutor, CompiledExecutor].map(Executor => {
      const options = tiny(task)
      return lossesOf(new Executor(options, readWeights(options.network)), [
        [0, 0],
        [1, 1],
        [0, 0],
      ])
    })
    for (const [i, loss] of compiled.entries()) expect(loss).toBeCloseTo(eager[i], 5)
  })

  test('that reads what comes out on the host is computed eagerly, with the reason; or refused', () => {
    const task = withLoss(outputs => squared(outputs, tf.scalar(outputs.values.dataSync()[0])))
    const trial = () => batch([0, 1])
    const choose = (choice: 'auto' | 'compiled', steps: number) =>
      chooseExecutor(choice, tiny(task), { steps, trial, norm: 'frozen' })
    expect(choose('auto', 1000)).toMatchObject({
      name: 'eager',
      reason: expect.stringMatching(/^the value of Reshape is read on the host/),
    })
    expect(() => choose('compiled', 1)).toThrow(/can't be compiled: .*read on the host/)
  })
})

describe('the executor of a run', () => {
  const choose = (choice: 'auto' | 'eager' | 'compiled', steps: number, optimizer?: () => Optimizer) =>
    chooseExecutor(choice, tiny(TASK, optimizer), { steps, trial: () => batch([0, 1]), norm: 'batch' })

  test('is compiled where that pays, and as is asked for', () => {
    expect(choose('auto', 1000)).toEqual({ name: 'compiled' })
    expect(choose('auto', 30)).toEqual({ name: 'eager' })
    expect(choose('eager', 1000)).toEqual({ name: 'eager' })
    expect(choose('compiled', 30)).toEqual({ name: 'compiled' })
  })

  test('is eager where the optimizer has no rule for the engine', () => {
    const own = () =>
      Object.assign(Object.create(createOptimizer({ kind: 'sgd' })), { id: 'mine', onEngine: undefined })
    expect(choose('auto', 1000, own)).toEqual({
      name: 'eager',
      reason: "the optimizer 'mine' has no rule for the engine",
    })
    expect(() => choose('compiled', 1000, own)).toThrow(/--executor auto/)
  })

  test('is eager on engines without functions', async () => {
    await tf.setBackend('cpu')
    try {
      expect(choose('auto', 1000).reason).toMatch(/'cpu' has no functions/)
    } finally {
      await tf.setBackend('tensorflow')
    }
  })
})
