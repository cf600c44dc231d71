import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { startEngine } from '../../src/models/engine.ts'
import { flattenModel } from '../../src/models/graph.ts'
import { STANDARDISATION } from '../../src/models/head-kinds.ts'
import { Network } from '../../src/models/network.ts'
import { compile } from '../../src/models/program.ts'
import { tf } from '../../src/models/tf.ts'
import { maxDifference } from '../support/models.ts'

beforeAll(async () => {
  await startEngine()
})

type Apply = (x: tf.SymbolicTensor) => tf.SymbolicTensor
const on =
  (layer: tf.layers.Layer): Apply =>
  x =>
    layer.apply(x) as tf.SymbolicTensor
const pad = (name: string) =>
  on(
    tf.layers.zeroPadding2d({
      padding: [
        [0, 1],
        [2, 0],
      ],
      name,
    }),
  )
const conv = (name: string, more: object = {}) =>
  on(tf.layers.conv2d({ filters: 3, kernelSize: 2, name, ...more }))
const norm = (name: string, more: object = {}) => on(tf.layers.batchNormalization({ name, ...more }))
const relu = (name: string, maxValue?: number) => on(tf.layers.reLU({ name, maxValue }))
const activation = (name: string, kind: 'relu' | 'relu6' | 'tanh' | 'linear') =>
  on(tf.layers.activation({ activation: kind, name }))

function built(...layers: readonly Apply[]): tf.LayersModel {
  const inputs = tf.input({ shape: [8, 8, 3] })
  return tf.model({ inputs, outputs: layers.reduce((x, apply) => apply(x), inputs) })
}

/** Operations as their kind and the names of their nodes. */
function compiled(model: tf.LayersModel): readonly string[] {
  const graph = flattenModel(model)
  return compile(graph).map(
    ({ kind, nodes, activation: after }) =>
      `${kind}${after === 'linear' ? '' : `:${after}`} ${nodes.map(node => graph.nodes[node].name).join('+')}`,
  )
}

describe('what runs as one piece', () => {
  test.each<[string, readonly Apply[], readonly string[]]>([
    [
      'padding, convolution, normalisation, activation',
      [pad('p'), conv('c'), norm('n'), relu('r', 6)],
      ['convolution:relu6 p+c+n+r'],
    ],
    ['without padding', [conv('c'), norm('n'), activation('a', 'relu')], ['convolution:relu c+n+a']],
    ['without normalisation', [conv('c'), relu('r')], ['convolution:relu c+r']],
    [
      'with its own activation nothing more',
      [conv('c', { activation: 'relu' }), norm('n')],
      ['convolution:relu c', 'batchNorm n'],
    ],
    [
      'with one that no kernel has, layer by layer',
      [conv('c', { activation: 'tanh' }), relu('r')],
      ['node c', 'activation:relu r'],
    ],
    [
      'padding before a padded convolution stands alone',
      [pad('p'), conv('c', { padding: 'same' })],
      ['node p', 'convolution c'],
    ],
    ['padding before something else', [pad('p'), norm('n')], ['node p', 'batchNorm n']],
    [
      'strides that differ, layer by layer',
      [conv('c', { strides: [1, 2] }), relu('r')],
      ['node c', 'activation:relu r'],
    ],
    [
      'activations that no kernel has',
      [conv('c'), activation('t', 'tanh'), relu('r', 5), activation('l', 'linear')],
      ['convolution c', 'node t', 'node r', 'node l'],
    ],
    [
      'normalisation over other axes',
      [conv('c'), norm('rows', { axis: 1 }), norm('last', { axis: 3 })],
      ['convolution c', 'node rows', 'batchNorm last'],
    ],
    [
      'what standardises',
      [conv('c'), norm(STANDARDISATION)],
      ['convolution c', `batchNorm ${STANDARDISATION}`],
    ],
    [
      'upsampling to the nearest, and dropout',
      [
        on(tf.layers.upSampling2d({ name: 'u' })),
        on(tf.layers.upSampling2d({ name: 'b', interpolation: 'bilinear' })),
        on(tf.layers.dropout({ rate: 0.1, name: 'd' })),
      ],
      ['upsampling u', 'node b', 'dropout d'],
    ],
  ])('%s', (_name, layers, operations) => expect(compiled(built(...layers))).toEqual(operations))

  test('nothing that another layer reads too, nor an end', () => {
    const inputs = tf.input({ shape: [8, 8, 3] })
    const padded = pad('p')(inputs)
    const [a, b] = [conv('a')(padded), conv('b')(padded)]
    const sum = tf.layers.add({ name: 'sum' }).apply([a, relu('r')(a), b]) as tf.SymbolicTensor
    const model = tf.model({ inputs, outputs: sum })
    expect([...compiled(model)].sort()).toEqual([
      'activation:relu r',
      'convolution a',
      'convolution b',
      'node p',
      'node sum',
    ])
    expect(compiled(built(conv('c'), pad('p')))).toEqual(['convolution c', 'node p'])
  })
})

describe('batch normalisation by the batch', () => {
  test.each([
    { scale: true, center: true },
    { scale: false, center: true },
    { scale: true, center: false },
  ])('is (x − mean) / √(variance + ε) · γ + β: %j', async options => {
    const shapes = [
      [6, 5, 3],
      [7, 3],
    ]
    for (const shape of shapes) {
      const inputs = tf.input({ shape })
      const layer = tf.layers.batchNormalization({ ...options, epsilon: 0.01, name: 'norm' })
      const first = tf.layers.dense({ units: 3, name: 'first', useBias: false })
      const outputs = layer.apply(first.apply(inputs)) as tf.SymbolicTensor
      const model = tf.model({ inputs, outputs })
      const rng = Rng.of(4, 'norm')
      model.setWeights(
        model.getWeights().map(({ shape: own, size }) =>
          tf.tensor(
            Float32Array.from({ length: size }, () => 0.5 + rng.next()),
            own,
          ),
        ),
      )
      const network = new Network(model, { after: [] })
      const x = tf.randomNormal([4, ...shape], 0, 1, 'float32', 3)
      const weigh = (y: tf.Tensor) => tf.mul(y, tf.linspace(-1, 2, y.size).reshape(y.shape))
      const trained = new Set(network.variables.filter(({ learned }) => learned).map(({ name }) => name))
      const ours = network.gradients(
        x,
        4,
        ({ values }) => tf.sum(weigh(values).reshape([4, -1]), 1) as tf.Tensor1D,
        {
          from: 0,
          trained,
          norms: ['batch'],
          momentum: 0,
        },
      )
      // tfjs's own can't be trained without γ or β.
      const handle = (part: string) => network.variables.find(({ role }) => role === part)?.handle
      const normalised = () => {
        const y = tf.dot(x.reshape([-1, 3]), handle('kernel') as tf.Variable)
        const { mean, variance } = tf.moments(y, 0)
        const scaled = tf.mul(tf.div(tf.sub(y, mean), tf.sqrt(tf.add(variance, 0.01))), handle('gamma') ?? 1)
        return tf.add(scaled, handle('beta') ?? 0).reshape(x.shape)
      }
      const learned = network.variables.filter(variable => variable.learned)
      const { value, grads } = tf.variableGrads(
        () => tf.div(tf.sum(weigh(normalised())), 4) as tf.Scalar,
        learned.map(variable => variable.handle),
      )
      expect(learned).toHaveLength(1 + Number(options.scale) + Number(options.center))
      expect(ours.loss).toBeCloseTo(value.dataSync()[0], 3)
      for (const { name, handle: own } of learned)
        expect(maxDifference(ours.gradients.get(name) ?? [], grads[own.name].dataSync()), name).toBeLessThan(
          2e-3,
        )
    }
  })
})
