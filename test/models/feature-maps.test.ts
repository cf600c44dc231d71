import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '../../src/models/engine.ts'
import { findFeatureMaps } from '../../src/models/feature-maps.ts'
import { flattenModel } from '../../src/models/graph.ts'
import { loadModel } from '../../src/models/load.ts'
import { tf } from '../../src/models/tf.ts'
import { denseHead, denseModel } from '../support/dense.ts'
import { tinyImageModel } from '../support/models.ts'

beforeAll(async () => {
  await startEngine()
})

const namesOf = (model: tf.LayersModel, strides: readonly number[]) => {
  const graph = flattenModel(model)
  return findFeatureMaps(graph, strides).map(({ node }) => graph.nodes[node].name)
}

describe('maps by stride', () => {
  test.each([
    // The last at stride 16 is the wide one before the block that strides, as SSDLite (Sandler et al. 2018) takes it.
    ['mobilenet_v2_035_224_tm', [8, 16, 32], ['block_6_expand_relu', 'block_13_expand_relu', 'out_relu']],
    ['resnet20_cifar10', [1, 2, 4], ['s1_b2_relu2', 's2_b2_relu2', 's3_b2_relu2']],
    ['tiny_face_detector', [8, 16, 32], ['leaky3', 'leaky4', 'pool5']],
  ])('of %s are the last outside its blocks', async (name, strides, layers) => {
    const { model } = await loadModel(join('models', name))
    expect(namesOf(model, strides)).toEqual(layers)
  })

  test('come in the order asked for; a stride that there is none of is answered with those there are', () => {
    expect(namesOf(tinyImageModel(), [4, 2])).toEqual(['bn4', 'relu3'])
    expect(() => namesOf(tinyImageModel(), [2, 8])).toThrow(/no map of stride 8 .* it offers those of 2, 4/)
  })

  test('lie in a block where the stride has no other', () => {
    const input = tf.input({ shape: [8, 8, 3] })
    const conv = (name: string, strides: number, x: tf.SymbolicTensor) =>
      tf.layers.conv2d({ filters: 2, kernelSize: 1, strides, name, useBias: false }).apply(x)
    const inside = conv('inside', 2, input) as tf.SymbolicTensor
    const long = conv('long', 2, inside) as tf.SymbolicTensor
    const short = conv('short', 4, input) as tf.SymbolicTensor
    const sum = tf.layers.add({ name: 'sum' }).apply([long, short]) as tf.SymbolicTensor
    expect(namesOf(tf.model({ inputs: input, outputs: sum }), [2, 4])).toEqual(['inside', 'sum'])
  })

  test('go up again where a network makes its maps larger', () => {
    const conv = (name: string, strides: number) =>
      tf.layers.conv2d({ filters: 2, kernelSize: 1, strides, name, useBias: false })
    const up = (name: string, size: number) => tf.layers.upSampling2d({ size: [size, size], name })
    const chain = (...layers: readonly tf.layers.Layer[]) => {
      const inputs = tf.input({ shape: [16, 16, 3] })
      const outputs = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, inputs)
      return tf.model({ inputs, outputs })
    }
    const grown = chain(conv('a', 4), conv('b', 4), up('u', 4), conv('c', 1))
    expect(namesOf(grown, [4, 16])).toEqual(['c', 'b'])
    const transposed = tf.layers.conv2dTranspose({
      filters: 2,
      kernelSize: 2,
      strides: 2,
      name: 't',
      useBias: false,
    })
    expect(namesOf(chain(conv('a', 4), transposed), [2, 4])).toEqual(['t', 'a'])
    const pooled = chain(conv('a', 2), tf.layers.maxPooling2d({ poolSize: 2, strides: 3, name: 'm' }))
    expect(namesOf(pooled, [2, 6])).toEqual(['a', 'm'])
    const average = chain(conv('a', 2), tf.layers.averagePooling2d({ poolSize: 2, name: 'm' }))
    expect(namesOf(average, [2, 4])).toEqual(['a', 'm'])
    // Whose places are no longer those of the picture.
    const folded = chain(
      conv('a', 2),
      tf.layers.reshape({ targetShape: [4, 16, 2], name: 'r' }),
      conv('z', 2),
    )
    expect(() => namesOf(folded, [4])).toThrow(/no map of stride 4/)
  })

  test('whose borders are cut or widened are none', () => {
    const input = tf.input({ shape: [16, 16, 3] })
    const half = tf.layers
      .conv2d({ filters: 2, kernelSize: 1, strides: 2, name: 'half', useBias: false })
      .apply(input)
    const wide = tf.layers.zeroPadding2d({ name: 'wide' }).apply(half) as tf.SymbolicTensor
    const cut = tf.layers
      .cropping2D({
        cropping: [
          [1, 1],
          [1, 1],
        ],
        name: 'cut',
      })
      .apply(half) as tf.SymbolicTensor
    for (const outputs of [wide, cut])
      expect(namesOf(tf.model({ inputs: input, outputs }), [2])).toEqual(['half'])
  })

  test('a detector of several levels offers the maps that its own heads read', () => {
    const input = tf.input({ shape: [16, 16, 3] })
    const step = (name: string, x: tf.SymbolicTensor) =>
      tf.layers
        .conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu', name })
        .apply(x) as tf.SymbolicTensor
    const answers = (name: string, x: tf.SymbolicTensor) => {
      const own = tf.layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', name }).apply(x)
      return tf.layers.reshape({ targetShape: [-1, 2] }).apply(own) as tf.SymbolicTensor
    }
    const fine = step('fine', step('stem', input))
    const coarse = step('coarse', fine)
    const outputs = tf.layers
      .concatenate({ axis: 1 })
      .apply([answers('fine_answers', fine), answers('coarse_answers', coarse)]) as tf.SymbolicTensor
    expect(namesOf(tf.model({ inputs: input, outputs }), [2, 4, 8])).toEqual(['stem', 'fine', 'coarse'])
  })
})

describe('a head on maps refuses', () => {
  test('a size that its largest stride does not divide, naming those near it', () => {
    const build = () => denseModel(denseHead('detection'), { side: 14, backbone: tinyImageModel() })
    expect(build).toThrow(/input of 14x14 has no whole maps of stride 4.*--size 12 or 16/)
  })

  test('a network that cuts off borders', () => {
    const input = tf.input({ shape: [12, 12, 3] })
    const valid = tf.layers.conv2d({ filters: 2, kernelSize: 3, strides: 2, name: 'valid', useBias: false })
    const backbone = tf.model({ inputs: input, outputs: valid.apply(input) as tf.SymbolicTensor })
    const build = () => denseModel(denseHead('detection', [2]), { backbone })
    expect(build).toThrow(/map of stride 2 \(layer 'valid'\) has 5x5 places .* needs 6x6/)
  })
})
