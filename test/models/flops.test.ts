import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { startEngine } from '../../src/models/engine.ts'
import { nodeFlops, size } from '../../src/models/flops.ts'
import { flattenModel, type GraphNode } from '../../src/models/graph.ts'
import { Network } from '../../src/models/network.ts'
import { tf } from '../../src/models/tf.ts'
import { denseHead, denseModel } from '../support/dense.ts'
import { syntheticSplits, tinyTrainee } from '../support/world.ts'

type ByLayer = Readonly<Record<string, number>>

interface GoldenNet {
  readonly model: string
  /** Without the batch. */
  readonly input: readonly number[]
  /** Layers that end the groups before the last. */
  readonly cuts: readonly string[]
  /** By layer and kind of operation. */
  readonly forward: Readonly<Record<string, ByLayer>>
  readonly steps: readonly { readonly trained: readonly boolean[]; readonly backward: ByLayer }[]
}

const { nets } = JSON.parse(
  readFileSync(new URL('../golden/flops_tensorflow.json', import.meta.url), 'utf8'),
) as { readonly nets: readonly GoldenNet[] }

/** Operations of multiply-adds. */
const PRODUCTS = ['Conv2D', 'Conv3D', 'DepthwiseConv2dNative', 'MatMul']
/** What TensorFlow needs a channel to merge a batch normalisation's four numbers into a factor and a shift. */
const MERGING = 6

const total = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value, 0)

const outputSize = ({ shapes }: GraphNode) => size(shapes[0])

function products(kinds: ByLayer = {}): number {
  return total(PRODUCTS.map(kind => kinds[kind] ?? 0))
}

/** The network as its file describes it, up to its first output, with this input shape; its weights are left unread. */
async function build({ model: name, input }: GoldenNet): Promise<tf.LayersModel> {
  const modelTopology = JSON.parse(readFileSync(`models/${name}/model.json`, 'utf8'), (_, value) => {
    if (value?.class_name !== 'InputLayer') return value
    const { input_shape: _own, ...config } = value.config
    return { ...value, config: { ...config, batch_input_shape: [null, ...input] } }
  }).modelTopology
  const { inputs, outputs } = await tf.loadLayersModel({ load: async () => ({ modelTopology }) })
  return tf.model({ inputs, outputs: outputs[0] })
}

beforeAll(async () => {
  await startEngine()
})

describe.each(nets)("equal to TensorFlow's profiler, to the last FLOP: $model", golden => {
  test('forward: layers with multiply-adds, batch normalisation, pools, sums', async () => {
    const graph = flattenModel(await build(golden))
    const costs = nodeFlops(graph)
    const counted = new Map(graph.nodes.map((node, index) => [node.name, { node, ...costs[index] }]))
    for (const [name, kinds] of Object.entries(golden.forward)) {
      const { node, forward } = counted.get(name) ?? {}
      const norm = node?.layer?.getClassName() === 'BatchNormalization'
      const merging = norm ? MERGING * Number(node?.shapes[0].at(-1)) : 0
      expect([name, forward]).toEqual([name, products(kinds) || total(Object.values(kinds)) - merging])
    }
    const left = [...counted.values()].filter(
      ({ node, forward }) => forward > 0 && !golden.forward[node.name],
    )
    for (const { node, forward } of left) expect([node.name, forward]).toEqual([node.name, outputSize(node)])
  })

  test.each(golden.steps)('a training step that trains groups $trained', async ({ trained, backward }) => {
    const network = new Network(await build(golden), { after: golden.cuts })
    const step = network.nodeStepFlops(trained)
    const [lowest] = network.groups[trained.indexOf(true)].layers
    const first = network.graph.nodes.findIndex(node => node.name === lowest)
    let theirs = 0
    let others = 0
    network.graph.nodes.forEach(({ name }, index) => {
      const forward = products(golden.forward[name])
      const flops = index < first ? 0 : forward + (backward[name] ?? 0)
      if (forward > 0) expect([name, step[index]]).toEqual([name, flops])
      else others += step[index]
      theirs += forward > 0 ? flops : 0
    })
    expect(network.stepFlops(trained)).toBe(theirs + others)
    expect(Object.keys(golden.forward)).toEqual(expect.arrayContaining(Object.keys(backward)))
    if (!trained.includes(false)) expect(others / network.stepFlops(trained)).toBeLessThan(0.07)
  })
})

describe('layers that the golden networks lack', () => {
  const count = (model: tf.LayersModel) => nodeFlops(flattenModel(model))[1]

  test('a transposed convolution multiplies at the positions of its input', () => {
    const layer = tf.layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, inputShape: [5, 6, 3] })
    expect(count(tf.sequential({ layers: [layer] })).forward).toBe(2 * 5 * 6 * 3 * 3 * 3 * 4)
  })

  test('a convolutional LSTM has four gates at every position and step', () => {
    const layer = tf.layers.convLstm2d({ filters: 5, kernelSize: 3, inputShape: [7, 6, 8, 2] })
    const [kernel, states] = [2, 5].map(channels => 2 * 4 * 6 * 3 * 3 * channels * 4 * 5)
    expect(count(tf.sequential({ layers: [layer] }))).toEqual({
      forward: 7 * (kernel + states),
      weights: 7 * (kernel + states),
      input: 7 * kernel,
      inside: 6 * states,
    })
  })

  test('a recurrent layer of both directions costs two', () => {
    const gru = () => tf.layers.gru({ units: 6, inputShape: [7, 5] }) as tf.RNN
    const one = count(tf.sequential({ layers: [gru()] }))
    const both = count(
      tf.sequential({ layers: [tf.layers.bidirectional({ layer: gru(), inputShape: [7, 5] })] }),
    )
    expect(Object.values(both)).toEqual(Object.values(one).map(flops => 2 * flops))
  })
})

describe('heads on maps, by hand', () => {
  // Two frames of 12x12 give maps of 6x6x8 and 3x3x10; heads are 6 wide, with 3 numbers a place.
  const sides = [6 * 6, 3 * 3]
  const headFlops = (kind: 'detection' | 'segmentation') => {
    const network = new Network(denseModel(denseHead(kind)), { count: 2 })
    const backbone = new Network(denseModel(denseHead(kind)), { count: 2 }).groups[0].flops
    expect(network.forwardFlops()).toBe(backbone + network.groups[1].flops)
    return network.groups[1].flops / 2
  }
  const standardised = 2 * (sides[0] * 8 + sides[1] * 10)

  test('detection: lateral convolutions, a sum, and a tower and output on both levels', () => {
    const lateral = 2 * 6 * (sides[0] * 8 + sides[1] * 10)
    const fused = sides[0] * 6
    const tower = 2 * (2 * 9 * 6 + 2 * 6 * 6 + 6)
    const output = 2 * 6 * 3
    expect(headFlops('detection')).toBe(
      standardised + lateral + fused + (sides[0] + sides[1]) * (tower + output),
    )
  })

  test('segmentation: a gated convolution on the coarse map, and the output on both side by side', () => {
    const values = sides[1] * (2 * 10 * 6 + 6)
    const gate = sides[1] * 10 + 2 * 10 * 6 + 6 + sides[1] * 6
    const output = sides[0] * 2 * (8 + 6) * 3
    expect(headFlops('segmentation')).toBe(standardised + values + gate + output)
  })

  test('a layer that levels share has its parameters once', () => {
    const { groups, variables } = new Network(denseModel(denseHead('detection')), { count: 2 })
    const learned = variables.filter(({ learned: is }) => is).reduce((sum, { size: own }) => sum + own, 0)
    expect(groups[0].parameters + groups[1].parameters).toBe(learned)
  })
})

test('a trainee pays for a frozen prefix once a clip, and for what it computes each time', () => {
  const trainee = tinyTrainee({ groups: 3 })
  const { network } = trainee
  const clips = syntheticSplits().train.slice(0, 4)
  const spent = (act: () => void) => {
    const before = trainee.flops
    act()
    return (trainee.flops - before) / clips.length
  }
  const headOnly = () => trainee.step(clips, [0, 0, 1e-3], Rng.of(1))
  const prefix = network.groups[0].flops + network.groups[1].flops
  const step = network.stepFlops([false, false, true])
  expect(spent(headOnly)).toBe(prefix + step)
  expect(spent(headOnly)).toBe(step)
  expect(spent(() => trainee.evaluate(clips))).toBe(network.forwardFlops(2))
  expect(spent(() => trainee.probe(clips))).toBe(network.stepFlops([true, true, true]))
})
