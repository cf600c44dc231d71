import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import type { Clip } from '../../src/data/dataset.ts'
import { startEngine } from '../../src/models/engine.ts'
import { standardiseFeatures } from '../../src/models/head.ts'
import { CLIP_HEADS, type HeadKind, STANDARDISATION } from '../../src/models/head-kinds.ts'
import { initialWeights, readWeights } from '../../src/models/initialize.ts'
import { loadModel } from '../../src/models/load.ts'
import type { Network } from '../../src/models/network.ts'
import { SCALINGS } from '../../src/models/scaling.ts'
import { classPrior } from '../../src/models/tasks/class-balance.ts'
import { tf } from '../../src/models/tf.ts'
import { buildNetwork } from '../../src/runner/instances/network.ts'
import { randomPixels } from '../support/models.ts'
import { classTask } from '../support/tasks.ts'

beforeAll(async () => {
  await startEngine()
})

/** Unbalanced on purpose. */
const LABELS = [0, 0, 0, 0, 0, 0, 1, 1, 2, 2]
const TASK = classTask(3, { counts: [6, 2, 2] })
const SIZE = 32
const FRAMES = 2

const NETWORKS = [
  ['mobilenet_v2_035_224_tm', 3],
  ['resnet20_cifar10', 3],
  ['mnist_cnn', 1],
] as const

async function networkOf(name: string, channels: 1 | 3, head: HeadKind): Promise<Network> {
  const { model } = await loadModel(join('models', name))
  return buildNetwork(model, {
    ...{ output: TASK.head, scaling: SCALINGS[0], head, keepHead: false, seed: 1, groups: { count: 3 } },
    format: { frames: FRAMES, size: [SIZE, SIZE], channels },
  })
}

/** Puts a fresh head's weights into the network, as a world does. */
function begin(network: Network, channels: number): tf.Tensor {
  const clips = LABELS.map((label, i): Clip => ({ id: `${i}`, path: '', label: String(label) }))
  const pixels = (batch: readonly Clip[]) => {
    const size = FRAMES * SIZE * SIZE * channels
    const all = new Uint8Array(batch.length * size)
    for (const [i, { id }] of batch.entries()) all.set(randomPixels(size, Number(id) + 1), i * size)
    return all
  }
  standardiseFeatures(network, [clips.slice(0, 6), clips.slice(6)], pixels)
  const headStart = TASK.head.start
  const weights = initialWeights(network, readWeights(network), { rng: Rng.of(1), headStart })
  for (const { name, shape, handle } of network.variables)
    tf.tidy(() => handle.assign(tf.tensor(weights[name], [...shape])))
  return network.input(pixels(clips), clips.length)
}

describe.each(NETWORKS)('a fresh head on %s', (name, channels) => {
  test.each(CLIP_HEADS)('starts at the entropy of the class prior (%s)', async head => {
    const network = await networkOf(name, channels, head)
    const input = begin(network, channels)
    const losses = [...TASK.loss(network.outputs(network.forward(input, LABELS.length)), LABELS).dataSync()]
    const entropy = -[0.6, 0.2, 0.2].reduce((sum, p) => sum + p * Math.log(p), 0)
    expect(losses.reduce((a, b) => a + b, 0) / losses.length).toBeCloseTo(entropy, 5)
  })

  test('reads features of mean 0 and mean square 1, and plain tfjs computes the same', async () => {
    const network = await networkOf(name, channels, 'linear')
    const input = begin(network, channels)
    const after = network.forward(input, LABELS.length, 0, network.groups.length - 1)
    const values = after.dataSync()
    const layer = network.model.layers.find(each => each.name === STANDARDISATION)
    const features = layer?.getWeights()[0].size ?? 0
    const rows = values.length / features
    let squares = 0
    for (let channel = 0; channel < features; channel++) {
      const own = Array.from({ length: rows }, (_, row) => values[row * features + channel])
      const mean = own.reduce((a, b) => a + b, 0) / rows
      expect(Math.abs(mean)).toBeLessThan(1e-2)
      squares += own.reduce((sum, x) => sum + (x - mean) ** 2, 0) / rows / features
    }
    expect(squares).toBeCloseTo(1, 2)
    const size = [LABELS.length, FRAMES, SIZE, SIZE, channels]
    const pixels = LABELS.map((_, i) => randomPixels(FRAMES * SIZE * SIZE * channels, i + 1))
    const raw = tf.tensor(Float32Array.from(pixels.flatMap(part => [...part])), size)
    const inside = tf.model({ inputs: network.model.inputs, outputs: layer?.output as tf.SymbolicTensor })
    const theirs = (inside.predict(raw) as tf.Tensor).dataSync()
    let worst = 0
    for (let i = 0; i < theirs.length; i++) worst = Math.max(worst, Math.abs(theirs[i] - values[i]))
    expect(worst).toBeLessThan(5e-3)
  })
})

test('a class without train clips counts as half a clip in the prior', () => {
  expect([...classPrior([2, 1, 0])].map(Math.exp)).toEqual([
    expect.closeTo(2 / 3.5, 6),
    expect.closeTo(1 / 3.5, 6),
    expect.closeTo(0.5 / 3.5, 6),
  ])
})
