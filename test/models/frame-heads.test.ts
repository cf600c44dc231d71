import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { buildClipModel } from '../../src/models/clip-model.ts'
import { startEngine } from '../../src/models/engine.ts'
import type { GradientResult } from '../../src/models/gradients.ts'
import { buildHead, type HeadBuilder } from '../../src/models/head.ts'
import {
  FRAME_HEADS,
  type HeadKind,
  isStandardisation,
  STANDARDISATION,
} from '../../src/models/head-kinds.ts'
import { initialWeights, readWeights } from '../../src/models/initialize.ts'
import { hasLinearHead } from '../../src/models/linear-probe.ts'
import { loadModel } from '../../src/models/load.ts'
import { Network } from '../../src/models/network.ts'
import { saveModel } from '../../src/models/save.ts'
import { SCALINGS } from '../../src/models/scaling.ts'
import type { Outputs } from '../../src/models/tasks/task.ts'
import { tf } from '../../src/models/tf.ts'
import { withFrames } from '../../src/models/with-frames.ts'
import { expectSaysStart } from '../support/dense.ts'
import { maxDifference, randomPixels, tinyImageModel } from '../support/models.ts'
import { syntheticSplits, tinyTrainee } from '../support/world.ts'

const CLIPS = 2
const FRAMES = 20
const SIDE = 12
const PIXELS = randomPixels(CLIPS * FRAMES * SIDE * SIDE * 3)
const START = Float32Array.of(0.5, -1, 0)
const OUTPUT = { reads: 'frames', units: 3, activation: 'softmax' } as const

beforeAll(async () => {
  await startEngine()
})

function clipModel(head: HeadKind | HeadBuilder, frames = FRAMES, reads: 'clip' | 'frames' = 'frames') {
  const options = { output: { ...OUTPUT, reads }, frames, size: [SIDE, SIDE] as const, scaling: SCALINGS[1] }
  return buildClipModel(tinyImageModel(), { ...options, head, rng: Rng.of(3) })
}

/** A head of which every layer is drawn. */
function network(head: HeadKind): Network {
  const net = new Network(clipModel(head), { count: 3 })
  const { layer } = net.variables[net.variables.length - 1]
  const [kernel, bias] = layer.getWeights()
  const rng = Rng.of(9)
  layer.setWeights([
    tf.tensor(
      Float32Array.from({ length: kernel.size }, () => rng.normal() / 4),
      kernel.shape,
    ),
    bias,
  ])
  return net
}

/** [B] */
function losses({ values }: Outputs): tf.Tensor1D {
  const target = tf.tensor(
    Float32Array.from({ length: values.size }, (_, i) => ((i * 7) % 5) / 5),
    values.shape,
  )
  return tf.mean(tf.square(tf.sub(values, target)), [1, 2]) as tf.Tensor1D
}

function differentiate(net: Network, from = 0): GradientResult {
  const input = net.input(PIXELS, CLIPS)
  const entering = net.forward(input, CLIPS, 0, from)
  const trained = new Set(net.variables.filter(v => v.learned && v.group >= from).map(v => v.name))
  const result = net.gradients(entering, CLIPS, losses, { from, trained })
  tf.dispose([input, entering])
  return result
}

const clips = (frames = FRAMES) =>
  tf.tensor(Float32Array.from(PIXELS), [(CLIPS * FRAMES) / frames, frames, SIDE, SIDE, 3])

describe.each(FRAME_HEADS)('a head of the kind %s on frames', kind => {
  test('answers for every frame, as plain tfjs computes it', () => {
    const net = network(kind)
    const ours = net.forward(net.input(PIXELS, CLIPS), CLIPS)
    expect(ours.shape).toEqual([CLIPS, FRAMES, 3])
    const theirs = (net.model.predict(clips()) as tf.Tensor).dataSync()
    expect(maxDifference(tf.softmax(ours).dataSync(), theirs)).toBeLessThan(1e-5)
    expect(net.groups.at(-1)?.layers[0]).toMatch(/^head_/)
    expect(hasLinearHead(net, 3)).toBe(false)
  })

  test('gradients behind a frozen prefix are the whole network’s, and the cpu engine’s', async () => {
    const net = network(kind)
    const { gradients } = differentiate(net)
    for (const from of [1, 2])
      for (const [name, gradient] of differentiate(net, from).gradients)
        expect(maxDifference(gradient, gradients.get(name) ?? []), name).toBeLessThan(1e-5)
    // Its gradients are held to Keras's (recurrent.test.ts): the cpu engine would take ten seconds, wasm has none.
    if (kind === 'conv-lstm') return
    const before = tf.getBackend()
    for (const engine of ['cpu', 'wasm'] as const) {
      await startEngine({ engine })
      for (const [name, gradient] of differentiate(net, 2).gradients)
        expect(maxDifference(gradient, gradients.get(name) ?? []), `${engine} ${name}`).toBeLessThan(1e-5)
    }
    await tf.setBackend(before)
  })

  test('starts by saying the start of every frame', () => {
    const net = network(kind)
    expectSaysStart(net, START, PIXELS, CLIPS)
  })

  test('saved and loaded it goes on with clips of another length', async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'layergym-test-')), 'model')
    const { model } = network(kind)
    await saveModel(model, folder, {})
    const loaded = (await loadModel(folder)).model
    const twice = await withFrames(loaded, 2 * FRAMES)
    expect(twice.inputs[0].shape).toEqual([null, 2 * FRAMES, SIDE, SIDE, 3])
    const long = (twice.predict(clips(2 * FRAMES)) as tf.Tensor).dataSync()
    const whole = (clipModelWith(model, kind, 2 * FRAMES).predict(clips(2 * FRAMES)) as tf.Tensor).dataSync()
    expect(maxDifference(long, whole)).toBeLessThan(1e-6)
    expect(
      maxDifference(
        ((await withFrames(loaded, FRAMES)).predict(clips()) as tf.Tensor).dataSync(),
        (model.predict(clips()) as tf.Tensor).dataSync(),
      ),
    ).toBeLessThan(1e-6)
  })
})

/** A clip model built for that many frames, with the weights of another. */
function clipModelWith(of: tf.LayersModel, head: HeadKind, frames: number): tf.LayersModel {
  const { model } = new Network(clipModel(head, frames), { count: 3 })
  model.setWeights(of.getWeights())
  return model
}

test('a head on maps is trained, and what is frozen stays as it is to the bit', () => {
  const trainee = tinyTrainee({ head: 'conv-lstm' })
  const clips = syntheticSplits().train
  const before = readWeights(trainee.network)
  const losses = Array.from(
    { length: 12 },
    () => trainee.step(clips, [0, 1e-2, 1e-2], Rng.of(1))?.loss ?? NaN,
  )
  expect(losses.every(Number.isFinite)).toBe(true)
  expect(losses[losses.length - 1]).toBeLessThan(0.8 * losses[0])
  const after = readWeights(trainee.network)
  for (const { name, group, learned, layer } of trainee.network.variables) {
    const moves = group > 0 && learned && !isStandardisation(layer.name)
    expect([name, maxDifference(after[name], before[name]) > 0]).toEqual([name, moves])
  }
  expect(trainee.network.groups.at(-1)?.layers).toEqual([STANDARDISATION, 'probabilities'])
})

test('a convolutional LSTM starts with orthogonal recurrent kernels and gates that forget nothing', () => {
  const net = network('conv-lstm')
  const weights = initialWeights(net, readWeights(net), { rng: Rng.of(1), headStart: START })
  const kernel = weights['head_conv_lstm/recurrent_kernel']
  const [columns, rows] = [4 * 32, 9 * 32]
  expect(kernel.length).toBe(rows * columns)
  const product = (a: number, b: number) =>
    Array.from({ length: rows }, (_, row) => kernel[row * columns + a] * kernel[row * columns + b]).reduce(
      (sum, value) => sum + value,
    )
  expect(product(3, 3)).toBeCloseTo(1, 5)
  expect(product(3, 100)).toBeCloseTo(0, 5)
  const bias = weights['head_conv_lstm/bias']
  expect([0, 32, 64, 96].map(gate => bias[gate])).toEqual([0, 1, 0, 0])
})

test('a head on maps is refused where there are none', () => {
  const features = tf.input({ shape: [4, 6] })
  const options = { output: OUTPUT, head: 'conv-lstm', rng: Rng.of(1) } as const
  expect(() => buildHead(features, options)).toThrow(/'conv-lstm' reads the maps.*take gru or lstm/)
})

test('a kind that gives one answer where frames are read is refused with those that do, and the other way', () => {
  expect(() => clipModel('mean')).toThrow(/'mean'.*every frame.*linear, two-layer, gru, lstm/)
  expect(() => clipModel('dilated', 4, 'clip')).toThrow(/'dilated'.*a clip as a whole.*linear, mean/)
})

test('a head of the user’s own is told what is read, and refused where it gives something else', () => {
  const seen: string[] = []
  const head: HeadBuilder = (features, { units, reads }) => {
    seen.push(reads)
    return tf.layers.dense({ units }).apply(features) as tf.SymbolicTensor
  }
  expect(clipModel(head, 4).outputs[0].shape).toEqual([null, 4, 3])
  expect(() => clipModel(head, 4, 'clip')).toThrow(/gives \[4, 3\] for a clip; the task reads \[3\]/)
  expect(seen).toEqual(['frames', 'clip'])
})

test('a head on all frames at once has one length', async () => {
  await expect(withFrames(clipModel('linear', 4, 'clip'), 8)).rejects.toThrow(/only takes clips of 4 frames/)
})
