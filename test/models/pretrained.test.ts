import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { startEngine } from '../../src/models/engine.ts'
import { findFeatureMap } from '../../src/models/features.ts'
import { flattenModel } from '../../src/models/graph.ts'
import { loadModel } from '../../src/models/load.ts'
import { Network } from '../../src/models/network.ts'
import { detectScaling, SCALINGS } from '../../src/models/scaling.ts'
import { tf } from '../../src/models/tf.ts'
import { buildNetwork, chooseScaling, inputFormat, isVideoModel } from '../../src/runner/instances/network.ts'
import { randomPixels } from '../support/models.ts'
import { classTask } from '../support/tasks.ts'

const TASK = classTask(3)

beforeAll(async () => {
  await startEngine()
})

/** Feature maps by model, of a 64x64 frame (or what the model takes). */
const IMAGE_MODELS = [
  { name: 'mobilenet_v2_035_224_tm', size: 64, feature: 'out_relu', channels: 3 },
  { name: 'resnet20_cifar10', size: 64, feature: 's3_b2_relu2', channels: 3 },
  { name: 'mnist_cnn', size: 40, feature: 'max_pooling2d_1', channels: 1 },
  { name: 'tiny_face_detector', size: 64, feature: 'pool5', channels: 3 },
] as const

describe('pretrained image networks', () => {
  test.each(IMAGE_MODELS)(
    '$name: loads, changes its input size, is cut and trains',
    async ({ name, size, feature, channels }) => {
      const { model } = await loadModel(join('models', name))
      const graph = flattenModel(model)
      expect(graph.nodes[findFeatureMap(graph).node].name).toBe(feature)
      const format = inputFormat(model, { task: 'action-recognition', size, frames: 2 })
      expect(format).toEqual({ frames: 2, size: [size, size], channels })
      const options = {
        output: TASK.head,
        format,
        scaling: SCALINGS[0],
        head: 'two-layer',
        keepHead: false,
        seed: 1,
      } as const
      const network = buildNetwork(model, { ...options, groups: { count: 3 } })
      const input = network.input(randomPixels(2 * 2 * size * size * channels), 2)
      const learned = new Set(network.variables.filter(v => v.learned).map(v => v.name))
      const { loss, gradients } = network.gradients(input, 2, outputs => TASK.loss(outputs, [0, 2]), {
        from: 0,
        trained: learned,
      })
      input.dispose()
      expect(Number.isFinite(loss)).toBe(true)
      expect(gradients.size).toBe(learned.size)
      for (const [variable, gradient] of gradients)
        expect(gradient.every(Number.isFinite), variable).toBe(true)
    },
  )

  test('a clone at its own size computes what the original does', async () => {
    const { model } = await loadModel('models/resnet20_cifar10')
    const graph = flattenModel(model)
    const network = new Network(model, { count: 3 })
    const pixels = tf.randomUniform([4, 32, 32, 3], -2, 2, 'float32', 1)
    const ours = tf.tidy(() => tf.softmax(network.forward(pixels, 4)).dataSync())
    const theirs = (model.predict(pixels) as tf.Tensor).dataSync()
    const last = graph.nodes[graph.outputs[0].node].layer
    const probabilities =
      last?.getConfig().activation === 'softmax'
        ? theirs
        : tf.tidy(() => tf.softmax(tf.tensor(theirs, [4, 10])).dataSync())
    for (let i = 0; i < ours.length; i++) expect(ours[i]).toBeCloseTo(probabilities[i], 5)
  })
})

describe('networks of other kinds', () => {
  test('a recurrent one on tokens loads and is cut between its layers', async () => {
    const { model } = await loadModel('models/char_lstm')
    const { groups } = new Network(model, { count: 3 })
    expect(groups.slice(0, 2).map(group => group.layers[0])).toEqual(['embedding', 'lstm_1'])
  })

  test('one with two outputs loads and is cut, up to its last recurrent layer', async () => {
    const { model } = await loadModel('models/gru_tiny')
    const format = inputFormat(model, { task: 'action-recognition', frames: 8 })
    const options = {
      output: TASK.head,
      format,
      scaling: undefined,
      head: 'linear',
      keepHead: false,
    } as const
    const network = buildNetwork(model, { ...options, groups: { atMost: 3 }, seed: 1 })
    expect(network.groups.length).toBeGreaterThan(1)
  })

  test('a volumetric one is taken for a video model, as it is', async () => {
    const { model } = await loadModel('models/meshnet_conv3d')
    expect(isVideoModel(model)).toBe(true)
    expect(inputFormat(model, { task: 'action-recognition', frames: 8 })).toEqual({
      frames: 256,
      size: [256, 256],
      channels: 1,
    })
  })
})

describe('pixel scaling', () => {
  const shipped = ['data/grid_command/clips/bin', 'data/steering/clips', 'data/sky/clips']
  const networks = [
    ['mobilenet_v2_035_224_tm', '-1..1'],
    ['resnet20_cifar10', 'imagenet'],
  ]
  test.each(shipped.flatMap(clips => networks.map(([name, wanted]) => [name, wanted, clips])))(
    '%s is found out to want %s by %s',
    async (name, wanted, clips) => {
      const { model } = await loadModel(join('models', name))
      const { decodeVideo } = await import('../../src/data/video.ts')
      const [file] = readdirSync(resolve(clips)).sort()
      const { frames, shape } = await decodeVideo(join(resolve(clips), file), {
        size: [64, 64],
        frameRate: 5,
      })
      const [t, h, w] = shape
      const found = detectScaling(flattenModel(model), { data: frames, shape: [t, h, w, 3] })
      expect(found?.scaling.id).toBe(wanted)
    },
  )

  /** Pixels that are normally distributed, as far as 0..255 allows. */
  const noise = (mean: number, deviation: number) => {
    const rng = Rng.of(1)
    const data = Uint8Array.from({ length: 2 * 16 * 16 * 3 }, () =>
      Math.min(255, Math.max(0, mean + deviation * rng.normal())),
    )
    return { data, shape: [2, 16, 16, 3] as const }
  }

  /** A network whose batch normalisation stores what it saw: pixels of this mean and deviation, under this scaling. */
  const trainedOn = (mean: number, deviation: number, id: string) => {
    const { scale, shift } = SCALINGS.find(scaling => scaling.id === id) ?? SCALINGS[0]
    const layers = [tf.layers.batchNormalization({ inputShape: [16, 16, 3] })]
    const model = tf.sequential({ layers })
    layers[0].setWeights([
      tf.ones([3]),
      tf.zeros([3]),
      tf.tensor1d(scale.map((factor, i) => mean * factor + shift[i])),
      tf.tensor1d(scale.map(factor => (deviation * factor) ** 2)),
    ])
    return model
  }

  test.each([
    [115, 58, 20],
    [115, 58, 90],
  ])(
    "photographs' statistics (%d, %d) are found again in pixels of another contrast, %d",
    (mean, usual, deviation) => {
      for (const { id } of SCALINGS)
        expect(
          detectScaling(flattenModel(trainedOn(mean, usual, id)), noise(90, deviation))?.scaling.id,
        ).toBe(id)
    },
  )

  test('pixels like those that a network was trained on count as they are, photographs or not', () => {
    const pixels = noise(40, 12)
    for (const { id } of SCALINGS)
      expect(detectScaling(flattenModel(trainedOn(40, 12, id)), pixels)?.scaling.id).toBe(id)
  })

  test('a guess between two that fit alike names the other', () => {
    const between = trainedOn(115, 58 * 1.57, '-1..1')
    const found = detectScaling(flattenModel(between), noise(115, 58))
    expect([found?.scaling.id, found?.rival?.id].sort()).toEqual(['-1..1', 'imagenet'])
    const notices: string[] = []
    chooseScaling(between, undefined, noise(115, 58), message => notices.push(message))
    expect(notices.join()).toMatch(/scaled to .*, but .* nearly as well: .*--scaling/)
  })

  test('a clear guess names no other', () => {
    const found = detectScaling(flattenModel(trainedOn(115, 58, '-1..1')), noise(115, 58))
    expect(found?.rival).toBeUndefined()
  })

  test('frames of one colour tell nothing', () => {
    const data = new Uint8Array(2 * 16 * 16 * 3).fill(7)
    expect(
      detectScaling(flattenModel(trainedOn(115, 58, '0..1')), { data, shape: [2, 16, 16, 3] }),
    ).toBeUndefined()
  })

  test('without batch normalisation there is nothing to tell it by', async () => {
    const { model } = await loadModel('models/mnist_cnn')
    const pixels = { data: new Uint8Array(28 * 28), shape: [1, 28, 28, 1] as const }
    expect(detectScaling(flattenModel(model), pixels)).toBeUndefined()
  })
})
