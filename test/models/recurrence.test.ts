import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '../../src/models/engine.ts'
import { flattenModel } from '../../src/models/graph.ts'
import { CELL_ACTIVATIONS } from '../../src/models/kernels.ts'
import { Network } from '../../src/models/network.ts'
import { compile } from '../../src/models/program.ts'
import type { Outputs } from '../../src/models/tasks/task.ts'
import { tf } from '../../src/models/tf.ts'
import { maxDifference } from '../support/models.ts'

const [CLIPS, STEPS, FEATURES, UNITS] = [3, 5, 4, 6]

beforeAll(async () => {
  await startEngine()
})

const seeded = (seed: number) => tf.initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed })

function settings(of: object) {
  return {
    ...{ units: UNITS, returnSequences: true, name: 'states' },
    ...{ kernelInitializer: seeded(1), recurrentInitializer: seeded(2), biasInitializer: seeded(3) },
    ...of,
  }
}

/** A dense layer, a recurrent one and a head of one number, each a group. */
function networkOf(layer: tf.layers.Layer): Network {
  const input = tf.input({ shape: [STEPS, FEATURES] })
  const apply = (of: tf.layers.Layer, x: tf.SymbolicTensor) => of.apply(x) as tf.SymbolicTensor
  const before = tf.layers.dense({ units: FEATURES, kernelInitializer: seeded(4), name: 'before' })
  const top = tf.layers.dense({ units: 1, kernelInitializer: seeded(5), name: 'top' })
  const outputs = apply(top, apply(layer, apply(before, input)))
  return new Network(tf.model({ inputs: input, outputs }), { after: ['before', 'states'] })
}

/** Loss, output and gradients of the named groups; what enters is the same on every engine. */
function found(network: Network, trained: readonly number[]) {
  const x = tf.tidy(() => tf.sin(tf.reshape(tf.range(0, CLIPS * STEPS * FEATURES), [CLIPS, STEPS, FEATURES])))
  const losses = ({ values }: Outputs) =>
    tf.mean(tf.square(tf.sub(tf.reshape(values, [CLIPS, -1]), 0.3)), 1) as tf.Tensor1D
  const names = network.variables.filter(({ group }) => trained.includes(group)).map(({ name }) => name)
  const { loss, gradients } = network.gradients(x, CLIPS, losses, { from: 0, trained: new Set(names) })
  const output = network.forward(x, CLIPS)
  const values = output.dataSync()
  tf.dispose([x, output])
  return { loss, gradients, values }
}

/** The same on tfjs's plain JavaScript engine, by the layer's own operations. */
async function onCpu<T>(work: () => T): Promise<T> {
  const before = tf.getBackend()
  await tf.setBackend('cpu')
  try {
    return work()
  } finally {
    await tf.setBackend(before)
  }
}

async function expectAsItsOwn(layer: tf.layers.Layer, trained: readonly number[]): Promise<void> {
  const network = networkOf(layer)
  const ours = found(network, trained)
  const theirs = await onCpu(() => found(network, trained))
  expect(maxDifference(ours.values, theirs.values)).toBeLessThan(1e-5)
  expect(ours.loss).toBeCloseTo(theirs.loss, 5)
  expect([...ours.gradients.keys()]).toEqual([...theirs.gradients.keys()])
  for (const [name, gradient] of theirs.gradients) {
    const largest = Math.max(...gradient.map(Math.abs))
    expect(largest, name).toBeGreaterThan(1e-5)
    expect(maxDifference(ours.gradients.get(name) ?? [], gradient) / largest, name).toBeLessThan(1e-5)
  }
}

const KINDS = ['gru', 'lstm'] as const
const kindOf = (layer: tf.layers.Layer) => compile(flattenModel(networkOf(layer).model))[1].kind

describe.each(KINDS)('a %s runs as one piece, which is the layer', kind => {
  test.each(CELL_ACTIVATIONS.flatMap(one => [[one, 'sigmoid'] as const, ['tanh', one] as const]))(
    'with the activations %s and, of its gates, %s',
    async (activation, recurrentActivation) => {
      const layer = tf.layers[kind](settings({ activation, recurrentActivation }))
      expect(kindOf(layer)).toBe('recurrence')
      await expectAsItsOwn(layer, [0, 1, 2])
    },
  )

  test.each([
    ['its last state alone', { returnSequences: false }],
    ['no bias', { useBias: false }],
    ['dropout, which is none outside its own training', { dropout: 0.4, recurrentDropout: 0.4 }],
  ])('with %s', async (_, of) => {
    await expectAsItsOwn(tf.layers[kind](settings(of)), [0, 1, 2])
  })

  test.each([[[0]], [[1]], [[0, 2]], [[2]]])('where the groups %j are trained', async trained => {
    await expectAsItsOwn(tf.layers[kind](settings({})), trained)
  })

  test.each([{ goBackwards: true }, { activation: 'elu' }, { recurrentActivation: 'softsign' }])(
    'but by its own operations with %j',
    async of => {
      const layer = tf.layers[kind](settings(of) as Parameters<typeof tf.layers.gru>[0])
      expect(kindOf(layer)).toBe('node')
      await expectAsItsOwn(layer, [0, 1, 2])
    },
  )
})

test('everything that a step of time needs no other for is computed for all at once', () => {
  const products = (steps: number) => {
    const input = tf.input({ shape: [steps, FEATURES] })
    const outputs = tf.layers.lstm(settings({})).apply(input) as tf.SymbolicTensor
    const network = new Network(tf.model({ inputs: input, outputs }), { after: [] })
    const x = tf.ones([CLIPS, steps, FEATURES])
    const backend = tf.backend() as unknown as {
      executeSingleOutput(name: string, ...rest: unknown[]): unknown
    }
    const own = backend.executeSingleOutput
    let count = 0
    backend.executeSingleOutput = function (name, ...rest) {
      if (/MatMul/.test(name)) count++
      return own.call(this, name, ...rest)
    }
    try {
      const losses = ({ values }: Outputs) => tf.mean(values, [1, 2]) as tf.Tensor1D
      network.gradients(x, CLIPS, losses, {
        from: 0,
        trained: new Set(network.variables.map(({ name }) => name)),
      })
    } finally {
      backend.executeSingleOutput = own
      x.dispose()
    }
    return count
  }
  // Each step's product with the recurrent kernel and its gradient; then those of the input and of two kernels.
  expect([products(3), products(7)]).toEqual([2 * 3 + 3, 2 * 7 + 3])
})
