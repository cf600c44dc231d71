import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { startEngine } from '../../src/models/engine.ts'
import { Network } from '../../src/models/network.ts'
import type { Outputs } from '../../src/models/tasks/task.ts'
import { tf } from '../../src/models/tf.ts'
import { maxDifference } from '../support/models.ts'

interface Case {
  readonly x: readonly number[]
  readonly target: readonly number[]
  /** kernel, recurrent kernel, bias */
  readonly weights: readonly (readonly number[])[]
  readonly outputs: readonly number[]
  readonly loss: number
  readonly gradients: readonly (readonly number[])[]
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), 'utf8'))
const golden = read('recurrent_torch') as {
  readonly shape: readonly [number, number, number, number]
  readonly gru: Case
  readonly lstm: Case
}
const [BATCH, STEPS, FEATURES, UNITS] = golden.shape

const loss =
  (target: readonly number[], axes: number[]) =>
  ({ values }: Outputs): tf.Tensor1D =>
    tf.mean(tf.square(tf.sub(values, tf.tensor([...target], values.shape))), axes) as tf.Tensor1D

/** A layer with the golden weights gives the golden outputs, loss and gradients. */
function expectGolden(layer: tf.layers.Layer, own: Case, shape: readonly number[], axes: number[]): void {
  const model = tf.sequential({ layers: [layer, tf.layers.dense({ units: 1, name: 'top' })] })
  layer.setWeights(layer.getWeights().map(({ shape }, i) => tf.tensor([...own.weights[i]], shape)))
  const body = tf.model({ inputs: model.inputs, outputs: layer.output as tf.SymbolicTensor })
  const network = new Network(body, { after: [] })
  const x = tf.tensor([...own.x], [...shape])
  const trained = new Set(network.variables.map(({ name }) => name))
  const result = network.gradients(x, shape[0], loss(own.target, axes), { from: 0, trained })
  expect(maxDifference(network.forward(x, shape[0]).dataSync(), own.outputs)).toBeLessThan(1e-5)
  expect(result.loss).toBeCloseTo(own.loss, 5)
  const names = ['kernel', 'recurrent_kernel', 'bias'].map(role => `${layer.name}/${role}`)
  expect([...result.gradients.keys()]).toEqual(names)
  for (const [i, name] of names.entries()) {
    const gradient = result.gradients.get(name) ?? []
    expect(maxDifference(gradient, own.gradients[i]), name).toBeLessThan(1e-5)
  }
}

describe.each(['auto', 'cpu'] as const)('on the engine %s', engine => {
  test('outputs and gradients of a convolutional LSTM are Keras’s', async () => {
    await startEngine({ engine })
    const { shape, ...own } = read('conv_lstm_keras') as Case & { readonly shape: readonly number[] }
    const [batch, steps, height, width, channels, filters] = shape
    const layer = tf.layers.convLstm2d({
      ...{ filters, kernelSize: 3, padding: 'same', returnSequences: true, name: 'states' },
      inputShape: [steps, height, width, channels],
    })
    expectGolden(layer, own, [batch, steps, height, width, channels], [1, 2, 3, 4])
  })
})

describe.each(['auto', 'cpu', 'wasm'] as const)('on the engine %s', engine => {
  test.each(['gru', 'lstm'] as const)('outputs and gradients of a %s are PyTorch’s', async kind => {
    await startEngine({ engine })
    const layer = tf.layers[kind]({
      units: UNITS,
      returnSequences: true,
      recurrentActivation: 'sigmoid',
      inputShape: [STEPS, FEATURES],
      name: kind,
    })
    expectGolden(layer, golden[kind], [BATCH, STEPS, FEATURES], [1, 2])
  })
})
