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

const golden = JSON.parse(
  readFileSync(new URL('../golden/recurrent_torch.json', import.meta.url), 'utf8'),
) as { readonly shape: readonly [number, number, number, number]; readonly gru: Case; readonly lstm: Case }
const [BATCH, STEPS, FEATURES, UNITS] = golden.shape

describe.each(['auto', 'cpu', 'wasm'] as const)('on the engine %s', engine => {
  test.each(['gru', 'lstm'] as const)('outputs and gradients of a %s are PyTorch’s', async kind => {
    await startEngine({ engine })
    const own = golden[kind]
    const layer = tf.layers[kind]({
      units: UNITS,
      returnSequences: true,
      recurrentActivation: 'sigmoid',
      inputShape: [STEPS, FEATURES],
      name: kind,
    })
    const model = tf.sequential({ layers: [layer, tf.layers.dense({ units: 1, name: 'top' })] })
    layer.setWeights(layer.getWeights().map(({ shape }, i) => tf.tensor([...own.weights[i]], shape)))
    const body = tf.model({ inputs: model.inputs, outputs: layer.output as tf.SymbolicTensor })
    const network = new Network(body, { after: [] })
    const x = tf.tensor([...own.x], [BATCH, STEPS, FEATURES])
    const loss = ({ values }: Outputs) => {
      const difference = tf.sub(values, tf.tensor([...own.target], [BATCH, STEPS, UNITS]))
      return tf.mean(tf.square(difference), [1, 2]) as tf.Tensor1D
    }
    const trained = new Set(network.variables.map(({ name }) => name))
    const result = network.gradients(x, BATCH, loss, { from: 0, trained })
    expect(maxDifference(network.forward(x, BATCH).dataSync(), own.outputs)).toBeLessThan(1e-5)
    expect(result.loss).toBeCloseTo(own.loss, 5)
    const names = ['kernel', 'recurrent_kernel', 'bias'].map(role => `${kind}/${role}`)
    expect([...result.gradients.keys()]).toEqual(names)
    for (const [i, name] of names.entries()) {
      const gradient = result.gradients.get(name) ?? []
      expect(maxDifference(gradient, own.gradients[i]), name).toBeLessThan(1e-5)
    }
  })
})
