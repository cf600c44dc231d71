import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { startEngine } from '../../src/models/engine.ts'
import { initialWeights, outputLayer, readWeights } from '../../src/models/initialize.ts'
import { Network } from '../../src/models/network.ts'
import { tf } from '../../src/models/tf.ts'
import { tinyImageModel } from '../support/models.ts'

beforeAll(async () => {
  await startEngine()
})

const START = Float32Array.of(0.5, -1, 0, 2, 1)
const options = { rng: Rng.of(1), headStart: START }

/** Every variable of a model, filled with sevens: what is fresh is not seven. */
function sevens(model: tf.LayersModel, count = 2) {
  const network = new Network(model, { count })
  for (const { handle, shape } of network.variables) tf.tidy(() => handle.assign(tf.fill([...shape], 7)))
  return { network, pretrained: readWeights(network) }
}
const isSeven = (values: Float32Array) => values.every(value => value === 7)

describe('what a run starts from', () => {
  test('the pretrained weights with a fresh head, which says the start', () => {
    const { network, pretrained } = sevens(tinyImageModel())
    const weights = initialWeights(network, pretrained, options)
    for (const { name, group, layer, role } of network.variables) {
      const own = group === network.groups.length - 1
      if (!own) expect(weights[name], name).toBe(pretrained[name])
      else if (layer.name === 'top')
        expect([...weights[name]], name).toEqual(
          role === 'bias' ? [...START] : Array(weights[name].length).fill(0),
        )
      else expect(isSeven(weights[name]), name).toBe(false)
    }
  })

  test('or the head as it was, or nothing of it', () => {
    const { network, pretrained } = sevens(tinyImageModel())
    const kept = initialWeights(network, pretrained, { ...options, keepHead: true })
    for (const { name } of network.variables) expect(kept[name]).toBe(pretrained[name])
    const fresh = initialWeights(network, pretrained, { ...options, fromScratch: true })
    for (const { name, role, layer } of network.variables) {
      expect(isSeven(fresh[name]), name).toBe(false)
      const values = new Set(fresh[name])
      if (['beta', 'moving_mean'].includes(role)) expect([...values], name).toEqual([0])
      else if (['gamma', 'moving_variance'].includes(role)) expect([...values], name).toEqual([1])
      else if (role === 'bias' && layer.name !== 'top') expect([...values], name).toEqual([0])
    }
    const again = initialWeights(network, pretrained, { ...options, rng: Rng.of(1), fromScratch: true })
    const other = initialWeights(network, pretrained, { ...options, rng: Rng.of(2), fromScratch: true })
    const first = initialWeights(network, pretrained, { ...options, rng: Rng.of(1), fromScratch: true })
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  test('a last layer of another width, or of another kind, says nothing of the task', () => {
    const { network } = sevens(tinyImageModel())
    expect(outputLayer(network, 5)?.name).toBe('top')
    expect(outputLayer(network, 4)).toBeUndefined()
    const inputs = tf.input({ shape: [4, 4, 3] })
    const norm = tf.layers.batchNormalization({ name: 'norm' })
    const outputs = norm.apply(tf.layers.conv2d({ filters: 2, kernelSize: 1 }).apply(inputs))
    const ends = new Network(tf.model({ inputs, outputs: outputs as tf.SymbolicTensor }), { after: [] })
    expect(outputLayer(ends, 2)).toBeUndefined()
  })
})

describe('fresh kernels', () => {
  const drawn = (...layers: readonly tf.layers.Layer[]) => {
    const { network, pretrained } = sevens(tf.sequential({ layers: [...layers] }), 2)
    const weights = initialWeights(network, pretrained, { ...options, rng: Rng.of(3), fromScratch: true })
    return (layer: string, role: string) => {
      const found = network.variables.find(
        variable => variable.layer.name === layer && variable.role === role,
      )
      return weights[found?.name ?? '']
    }
  }
  const expectUniform = (values: Float32Array, limit: number) => {
    const [least, most] = [Math.min(...values), Math.max(...values)]
    expect(Math.max(-least, most)).toBeLessThanOrEqual(limit)
    expect([least < -0.9 * limit, most > 0.9 * limit]).toEqual([true, true])
    expect(Math.abs(values.reduce((a, b) => a + b, 0) / values.length)).toBeLessThan(0.1 * limit)
  }

  test('are Glorot’s: within √(6 / (what comes in and what goes out))', () => {
    const of = drawn(
      tf.layers.conv2d({ filters: 16, kernelSize: 3, name: 'conv', inputShape: [12, 12, 8] }),
      tf.layers.depthwiseConv2d({ kernelSize: 5, depthMultiplier: 4, name: 'depth' }),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: 20, name: 'dense' }),
      tf.layers.dense({ units: 5, name: 'top' }),
    )
    expectUniform(of('conv', 'kernel'), Math.sqrt(6 / (9 * (8 + 16))))
    // A depthwise kernel sees one channel, and makes four of it.
    expectUniform(of('depth', 'depthwise_kernel'), Math.sqrt(6 / (25 * (1 + 4))))
    expectUniform(of('dense', 'kernel'), Math.sqrt(6 / (64 + 20)))
  })

  test('of recurrences are orthogonal, and LSTMs begin by forgetting nothing, where they say so', () => {
    const of = drawn(
      tf.layers.lstm({ units: 3, returnSequences: true, name: 'lstm', inputShape: [5, 2] }),
      tf.layers.lstm({ units: 3, unitForgetBias: false, returnSequences: true, name: 'plain' }),
      tf.layers.gru({ units: 3, name: 'gru' }),
      tf.layers.dense({ units: 5, name: 'top' }),
    )
    expect([...of('lstm', 'bias')]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    expect([...of('plain', 'bias')]).toEqual(Array(12).fill(0))
    expect([...of('gru', 'bias')]).toEqual(Array(9).fill(0))
    const kernel = of('lstm', 'recurrent_kernel')
    // [3, 12]: four blocks of three columns of length 1, upright to each other.
    const column = (j: number) => [0, 1, 2].map(i => kernel[i * 12 + j])
    for (let block = 0; block < 12; block += 3)
      for (const a of [0, 1, 2])
        for (const b of [0, 1, 2]) {
          const dot = column(block + a).reduce((sum, x, i) => sum + x * column(block + b)[i], 0)
          expect(dot).toBeCloseTo(a === b ? 1 : 0, 5)
        }
    expect(column(0)).not.toEqual(column(3))
  })
})
