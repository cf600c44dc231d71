import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import type { Clip } from '../../src/data/dataset.ts'
import { openSequenceSource } from '../../src/data/sequence-source.ts'
import { startEngine } from '../../src/models/engine.ts'
import { standardiseFeatures } from '../../src/models/head.ts'
import { initialWeights, readWeights } from '../../src/models/initialize.ts'
import { loadModel } from '../../src/models/load.ts'
import { type GroupsOption, Network } from '../../src/models/network.ts'
import { createOptimizer } from '../../src/models/optimizer.ts'
import { saveModel } from '../../src/models/save.ts'
import { buildSequenceModel, rowSize } from '../../src/models/sequence-model.ts'
import type { Outputs } from '../../src/models/tasks/task.ts'
import { tf } from '../../src/models/tf.ts'
import { Trainee } from '../../src/models/trainee.ts'
import { maxDifference } from '../support/models.ts'
import { classTask } from '../support/tasks.ts'

const CLIPS = 3
const TASK = classTask(2)
const LABELS = [0, 1, 1]

beforeAll(async () => {
  await startEngine()
})

const settings = { returnSequences: true, recurrentActivation: 'sigmoid' } as const

/** Models on sequences, with rows and how their numbers are drawn. */
const MODELS: Readonly<Record<string, () => Promise<tf.LayersModel> | tf.LayersModel>> = {
  gru_tiny: async () => (await loadModel(join('models', 'gru_tiny'))).model,
  char_lstm: async () => (await loadModel(join('models', 'char_lstm'))).model,
  bidirectional: () =>
    tf.sequential({
      layers: [
        tf.layers.bidirectional({
          layer: tf.layers.lstm({ ...settings, units: 4 }) as tf.RNN,
          mergeMode: 'concat',
          inputShape: [6, 5],
        }),
        tf.layers.bidirectional({
          layer: tf.layers.gru({ ...settings, units: 3 }) as tf.RNN,
          mergeMode: 'sum',
        }),
        tf.layers.dense({ units: 7 }),
      ],
    }),
  'last state': () =>
    tf.sequential({
      layers: [
        tf.layers.gru({ ...settings, units: 4, inputShape: [6, 5] }),
        tf.layers.simpleRNN({ units: 6 }),
        tf.layers.dense({ units: 7 }),
      ],
    }),
  convolutions: () =>
    tf.sequential({
      layers: [
        tf.layers.conv1d({ filters: 4, kernelSize: 3, dilationRate: 2, padding: 'same', inputShape: [6, 5] }),
        tf.layers.conv1d({ filters: 6, kernelSize: 3, activation: 'relu' }),
        tf.layers.dense({ units: 7 }),
      ],
    }),
}

async function network(name: string, groups: GroupsOption = { atMost: 40 }) {
  const pretrained = await MODELS[name]()
  const frames = 6
  const model = buildSequenceModel(pretrained, { output: TASK.head, frames, head: 'mean', rng: Rng.of(1) })
  const net = new Network(model, groups)
  const { layer } = net.variables[net.variables.length - 1]
  const rng = Rng.of(2)
  const [kernel, bias] = layer.getWeights()
  layer.setWeights([
    tf.tensor(
      Float32Array.from({ length: kernel.size }, () => rng.normal() / 3),
      kernel.shape,
    ),
    bias,
  ])
  const size = CLIPS * frames * rowSize(pretrained)
  const values = Float32Array.from({ length: size }, () =>
    name === 'char_lstm' ? rng.int(60) : rng.normal() / 2,
  )
  return { net, values }
}

const losses = (outputs: Outputs) => TASK.loss(outputs, LABELS)

function differentiate(net: Network, values: Float32Array, from: number) {
  const input = net.input(values, CLIPS)
  const entering = net.forward(input, CLIPS, 0, from)
  const trained = new Set(net.variables.filter(v => v.learned && v.group >= from).map(v => v.name))
  return net.gradients(entering, CLIPS, losses, { from, trained }).gradients
}

describe.each([
  ['gru_tiny', ['vad_gru', 'noise_gru', 'denoise_gru']],
  ['char_lstm', ['lstm_0', 'lstm_1']],
  ['bidirectional', undefined],
  ['last state', undefined],
  ['convolutions', undefined],
] as const)('a network on sequences: %s', (name, recurrent) => {
  test('is cut between its layers, and computes by groups what plain tfjs does', async () => {
    const { net, values } = await network(name)
    expect(net.groups.length).toBeGreaterThanOrEqual(3)
    const own = net.groups.map(({ layers: [, last] }) => last)
    for (const layer of recurrent ?? [])
      expect(own.some(last => last === layer || layer === recurrent?.at(-1))).toBe(true)
    let value = net.input(values, CLIPS)
    for (let group = 0; group < net.groups.length; group++)
      value = net.forward(value, CLIPS, group, group + 1)
    const shape = (net.model.inputs[0].shape as number[]).slice(1)
    const theirs = net.model.predict(tf.tensor(values, [CLIPS, ...shape])) as tf.Tensor
    expect(maxDifference(tf.softmax(value).dataSync(), theirs.dataSync())).toBeLessThan(1e-5)
  })

  test('behind a frozen prefix, gradients are those of the whole network, at each cut', async () => {
    const { net, values } = await network(name)
    const whole = differentiate(net, values, 0)
    for (const [variable, gradient] of whole)
      expect(
        gradient.some(each => each !== 0),
        variable,
      ).toBe(true)
    for (let cut = 1; cut < net.groups.length; cut++)
      for (const [variable, gradient] of differentiate(net, values, cut))
        expect(maxDifference(gradient, whole.get(variable) ?? []), variable).toBeLessThan(1e-5)
  })
})

test('a head on a last state alone can’t answer for every row', async () => {
  const output = { reads: 'frames', units: 2, activation: 'softmax' } as const
  const build = async (name: string) =>
    buildSequenceModel(await MODELS[name](), { output, frames: 6, head: 'gru', rng: Rng.of(1) })
  await expect(build('last state')).rejects.toThrow(/shape \[6\].*one vector a row/)
  expect((await build('gru_tiny')).outputs[0].shape).toEqual([null, 6, 2])
})

describe('gru_tiny on CSV files', () => {
  /** Two kinds of noise that differ in which columns move together. */
  async function files(): Promise<readonly Clip[]> {
    const folder = await mkdtemp(join(tmpdir(), 'layergym-test-'))
    const rng = Rng.of(4)
    const clips = Array.from({ length: 12 }, (_, i): Clip => {
      const id = `${i}.csv`
      return { id, path: join(folder, id), label: i % 2 === 0 ? '0' : '1' }
    })
    for (const { path, label } of clips) {
      const rows = Array.from({ length: 20 }, () => {
        const shift = rng.normal()
        return Array.from(
          { length: 42 },
          (_, c) => rng.normal() / 4 + (label === '0' || c < 21 ? shift : -shift),
        )
      })
      await writeFile(path, rows.map(row => row.map(x => x.toFixed(4)).join(',')).join('\n'))
    }
    return clips
  }

  test('learns; frozen groups stay bit-equal, and it is saved as plain tfjs loads it', async () => {
    const clips = await files()
    const source = openSequenceSource([10, 42])
    await source.prepare(clips)
    const pretrained = await MODELS.gru_tiny()
    const options = { output: TASK.head, frames: 10, head: 'linear', rng: Rng.of(1) } as const
    const net = new Network(buildSequenceModel(pretrained, options), { count: 4 })
    const pixels = (batch: readonly Clip[]) => source.batch(batch, 'uniform')
    standardiseFeatures(net, [clips], pixels)
    const own = { network: net, task: TASK, pixels, cacheBytes: 2 ** 22, batches: [clips] }
    const trainee = new Trainee(
      { ...own, optimizer: () => createOptimizer({ kind: 'adamw' }) },
      readWeights(net),
    )
    const norms = { modes: net.groups.map(() => 'frozen' as const) }
    const headStart = TASK.head.start
    trainee.reset(initialWeights(net, trainee.pretrained, { rng: Rng.of(1), headStart }), norms)
    const loss = () => trainee.evaluate(clips).losses
    const mean = (of: ArrayLike<number>) => Array.from(of).reduce((a, b) => a + b, 0) / of.length
    expect(mean(loss())).toBeCloseTo(Math.log(2), 5)
    for (let step = 0; step < 12; step++) trainee.step(clips, [0, 0, 3e-3, 1e-2], Rng.of(step))
    expect(mean(loss())).toBeLessThan(0.4)
    for (const { name, group, learned } of net.variables) {
      const moved = maxDifference(trainee.read()[name], trainee.pretrained[name]) > 0
      if (learned) expect(moved, name).toBe(group >= 2)
    }
    const folder = join(await mkdtemp(join(tmpdir(), 'layergym-test-')), 'model')
    await saveModel(net.model, folder, {})
    const { model } = await loadModel(folder)
    const input = tf.tensor(source.batch(clips, 'uniform'), [clips.length, 10, 42])
    const again = (model.predict(input) as tf.Tensor).dataSync()
    expect(maxDifference(again, (net.model.predict(input) as tf.Tensor).dataSync())).toBeLessThan(1e-6)
  })
})

describe('networks on voxels', () => {
  const SHAPE = [4, 6, 6, 1]
  test.each([
    [
      'Conv3D',
      () => [
        tf.layers.conv3d({
          filters: 2,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
          inputShape: SHAPE,
        }),
        tf.layers.conv3d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 2, activation: 'softmax' }),
      ],
    ],
    [
      'ConvLSTM2D',
      () => [
        tf.layers.convLstm2d({
          filters: 2,
          kernelSize: 3,
          padding: 'same',
          returnSequences: true,
          inputShape: SHAPE,
        }),
        tf.layers.convLstm2d({ filters: 3, kernelSize: 3, padding: 'same' }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 2, activation: 'softmax' }),
      ],
    ],
  ] as const)('%s layers are groups of their own, with the whole network’s gradients', (_, layers) => {
    const net = new Network(tf.sequential({ layers: [...layers()] }), { count: 3 })
    const rng = Rng.of(6)
    const values = Float32Array.from({ length: CLIPS * 4 * 36 }, () => rng.next())
    const whole = differentiate(net, values, 0)
    for (const cut of [1, 2])
      for (const [name, gradient] of differentiate(net, values, cut))
        expect(maxDifference(gradient, whole.get(name) ?? []), name).toBeLessThan(1e-5)
    expect(net.groups.map(({ parameters }) => parameters > 0)).toEqual([true, true, true])
  })
})
