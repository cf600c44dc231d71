import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { startEngine } from '../../src/models/engine.ts'
import { nodeFlops, size, timeSteps } from '../../src/models/flops.ts'
import { flattenModel, type Graph, type GraphNode } from '../../src/models/graph.ts'
import { CLIP_HEADS, FRAME_HEADS } from '../../src/models/head-kinds.ts'
import { Network } from '../../src/models/network.ts'
import { tf } from '../../src/models/tf.ts'
import { denseHead, denseModel } from '../support/dense.ts'
import { FLOPS_NETS } from '../support/flops-nets.ts'
import { syntheticSplits, tinyTrainee } from '../support/world.ts'

type ByLayer = Readonly<Record<string, number>>

interface Golden {
  readonly model: string
  /** By layer and kind of operation. */
  readonly forward: Readonly<Record<string, ByLayer>>
  readonly steps: readonly { readonly trained: readonly boolean[]; readonly backward: ByLayer }[]
}

interface ShippedNet extends Golden {
  /** Without the batch. */
  readonly input: readonly number[]
  /** Layers that end the groups before the last. */
  readonly cuts: readonly string[]
}

const { nets, described } = JSON.parse(
  readFileSync(new URL('../golden/flops_tensorflow.json', import.meta.url), 'utf8'),
) as { readonly nets: readonly ShippedNet[]; readonly described: readonly Golden[] }

/** Operations of multiply-adds; a transposed convolution is the gradient of one. */
const PRODUCTS = ['Conv2D', 'Conv2DBackpropInput', 'Conv3D', 'DepthwiseConv2dNative', 'MatMul']
/** What TensorFlow needs a channel to merge a batch normalisation's four numbers into a factor and a shift. */
const MERGING = 6

const total = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value, 0)

/** Of a clip: what is done on every frame counts so many times. */
const outputSize = (graph: Graph, { shapes, perFrame }: GraphNode) =>
  size(shapes[0]) * (perFrame ? timeSteps(graph) : 1)

function products(kinds: ByLayer = {}): number {
  return total(PRODUCTS.map(kind => kinds[kind] ?? 0))
}

/** The network as its file describes it, up to its first output, with this input shape; its weights are left unread. */
async function build({ model: name, input }: ShippedNet): Promise<tf.LayersModel> {
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

/** Sums of the nodes' figures by layer: levels of a head share some. */
function byLayer(graph: Graph, figures: readonly number[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  graph.nodes.forEach(({ name, layer }, index) => {
    const key = layer?.name ?? name
    sums.set(key, (sums.get(key) ?? 0) + figures[index])
  })
  return sums
}

/** What the profiler has no figure for, or another than one a number. */
function isOther(kinds: ByLayer | undefined): boolean {
  return kinds === undefined || ('Softmax' in kinds && products(kinds) === 0)
}

function expectForward(model: tf.LayersModel, golden: Golden): void {
  const graph = flattenModel(model)
  const forward = nodeFlops(graph).map(costs => costs.forward)
  const counted = byLayer(graph, forward)
  for (const [name, kinds] of Object.entries(golden.forward)) {
    if (isOther(kinds)) continue
    const node = graph.nodes.find(({ layer }) => layer?.name === name)
    const norm = node?.layer?.getClassName() === 'BatchNormalization'
    const merging = norm ? MERGING * Number(node?.shapes[0].at(-1)) : 0
    const figure = products(kinds) || total(Object.values(kinds)) - merging
    expect([name, counted.get(name)]).toEqual([name, figure])
  }
  graph.nodes.forEach((node, index) => {
    if (forward[index] > 0 && isOther(golden.forward[node.layer?.name ?? node.name]))
      expect([node.name, forward[index]]).toEqual([node.name, outputSize(graph, node)])
  })
}

/** @returns the share of FLOPs that aren't products */
function expectStep(
  network: Network,
  golden: Golden,
  { trained, backward }: Golden['steps'][number],
): number {
  const step = network.nodeStepFlops(trained)
  const counted = byLayer(network.graph, step)
  const [lowest] = network.groups[trained.indexOf(true)].layers
  const first = network.graph.nodes.findIndex(node => node.name === lowest)
  const runs = new Set(network.graph.nodes.slice(first).map(({ name, layer }) => layer?.name ?? name))
  let theirs = 0
  for (const [name, kinds] of Object.entries(golden.forward)) {
    const forward = products(kinds)
    if (forward === 0) continue
    const flops = runs.has(name) ? forward + (backward[name] ?? 0) : 0
    expect([name, counted.get(name)]).toEqual([name, flops])
    theirs += flops
  }
  expect(Object.keys(golden.forward)).toEqual(expect.arrayContaining(Object.keys(backward)))
  expect(network.stepFlops(trained)).toBe(total(step))
  return 1 - theirs / network.stepFlops(trained)
}

describe.each(nets)("equal to TensorFlow's profiler, to the last FLOP: $model", golden => {
  test('forward: layers with multiply-adds, batch normalisation, pools, sums', async () => {
    expectForward(await build(golden), golden)
  })

  test.each(golden.steps)('a training step that trains groups $trained', async step => {
    const others = expectStep(new Network(await build(golden), { after: golden.cuts }), golden, step)
    if (!step.trained.includes(false)) expect(others).toBeLessThan(0.07)
  })
})

describe.each(described)("equal to TensorFlow's profiler, to the last FLOP: $model", golden => {
  const { model, groups } = FLOPS_NETS[golden.model]()

  test('forward', () => {
    expectForward(model, golden)
  })

  test.each(golden.steps)('a training step that trains groups $trained', step => {
    expectStep(new Network(model, groups), golden, step)
  })
})

test('every head and layer that is described has figures', () => {
  expect(described.map(({ model }) => model)).toEqual(Object.keys(FLOPS_NETS))
  const heads = [...CLIP_HEADS, ...FRAME_HEADS].filter(head => !['linear', 'mean'].includes(head))
  expect(Object.keys(FLOPS_NETS)).toEqual(expect.arrayContaining(heads.map(head => `head ${head}`)))
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
    // Means over two by two of the nearest neighbours with a margin: 8x8 to 7x7 to 6x6.
    const upsampled = 4 * 6 * (7 * 7 + 6 * 6)
    expect(headFlops('segmentation')).toBe(standardised + values + gate + upsampled + output)
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
  const probed = network.stepFlops([true, true, true]) + network.forwardFlops()
  expect(spent(() => trainee.probe(clips))).toBe(probed)
})
