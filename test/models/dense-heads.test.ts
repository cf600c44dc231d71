import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import type { Clip } from '../../src/data/dataset.ts'
import { cutPlaces, headStart } from '../../src/models/cut-places.ts'
import { startEngine } from '../../src/models/engine.ts'
import type { GradientResult } from '../../src/models/gradients.ts'
import { flattenModel, isHeadLayer } from '../../src/models/graph.ts'
import { standardiseFeatures } from '../../src/models/head.ts'
import { isStandardisation } from '../../src/models/head-kinds.ts'
import { readWeights } from '../../src/models/initialize.ts'
import { loadModel } from '../../src/models/load.ts'
import type { Network } from '../../src/models/network.ts'
import { createOptimizer } from '../../src/models/optimizer.ts'
import { compile } from '../../src/models/program.ts'
import { saveModel } from '../../src/models/save.ts'
import type { Outputs, Task } from '../../src/models/tasks/task.ts'
import { tf } from '../../src/models/tf.ts'
import { Trainee } from '../../src/models/trainee.ts'
import { DENSE_KINDS, denseHead, denseModel, denseNetwork, expectSaysStart } from '../support/dense.ts'
import { maxDifference, randomPixels } from '../support/models.ts'
import { classTask } from '../support/tasks.ts'

const CLIPS = 3
const FRAMES = 2
const SIDE = 12
const CLIP = FRAMES * SIDE * SIDE * 3
const PIXELS = randomPixels(CLIPS * CLIP)

beforeAll(async () => {
  await startEngine()
})

/** [B]: something smooth that weighs every place and number differently. */
function losses({ values }: Outputs): tf.Tensor1D {
  const { shape } = values
  const rng = Rng.of(11)
  const weights = Float32Array.from({ length: values.size / shape[0] }, () => rng.normal())
  const squared = tf.square(tf.sub(values, tf.tensor(weights, [1, ...shape.slice(1)])))
  return tf.mean(tf.reshape(squared, [shape[0], -1]), 1) as tf.Tensor1D
}

const output = (kind: (typeof DENSE_KINDS)[number]) => denseHead(kind)

function learned(net: Network, groups: (group: number) => boolean): Set<string> {
  return new Set(net.variables.filter(v => v.learned && groups(v.group)).map(v => v.name))
}

/** Gradients of the groups from `cut` on, entered there. */
function differentiate(net: Network, cut: number): GradientResult {
  const input = net.input(PIXELS, CLIPS)
  const entering = net.forward(input, CLIPS, 0, cut)
  const result = net.gradients(entering, CLIPS, losses, { from: cut, trained: learned(net, g => g >= cut) })
  tf.dispose([input, entering])
  return result
}

function predicted(net: Network): Float32Array {
  const clips = tf.tensor(Float32Array.from(PIXELS), [CLIPS, FRAMES, SIDE, SIDE, 3])
  return (net.model.predict(clips) as tf.Tensor).dataSync() as Float32Array
}

describe.each(DENSE_KINDS)('a %s head', kind => {
  const most = () => denseNetwork(output(kind), { atMost: 40 })

  test('stands behind the whole backbone and is the last group; cuts lie beyond what it taps', () => {
    const net = most()
    const graph = flattenModel(denseModel(output(kind)))
    const first = graph.nodes.findIndex(isHeadLayer)
    expect(graph.nodes.slice(first).every(node => isHeadLayer(node) || node.kind === 'unfold')).toBe(true)
    const operations = compile(graph)
    const places = cutPlaces(graph, operations)
    const start = headStart(graph, operations, places)
    expect(operations[start].nodes).toContain(first)
    expect(places).toContain(start)
    expect(net.groups.at(-1)?.layers[0]).toMatch(/^head_standardise_/)
    // The two maps are 6x6x8 and 3x3x10.
    expect(net.crossingSize(net.groups.length - 1)).toBe(FRAMES * (6 * 6 * 8 + 3 * 3 * 10))
    expect(net.groups.length).toBeGreaterThan(3)
  })

  test('the forward pass by groups equals plain tfjs', () => {
    const net = most()
    let value = net.input(PIXELS, CLIPS)
    for (let group = 0; group < net.groups.length; group++)
      value = net.forward(value, CLIPS, group, group + 1)
    const whole = net.forward(net.input(PIXELS, CLIPS), CLIPS)
    expect(maxDifference(value.dataSync(), whole.dataSync())).toBe(0)
    expect(value.shape).toEqual(kind === 'detection' ? [CLIPS, FRAMES, 45, 3] : [CLIPS, FRAMES, 6, 6, 3])
    expect(maxDifference(value.dataSync(), predicted(net))).toBeLessThan(1e-5)
  })

  test('behind a frozen prefix, gradients are those of the whole network, at each cut', () => {
    const net = most()
    const whole = differentiate(net, 0)
    for (const [name, gradient] of whole.gradients)
      expect(
        gradient.some(value => value !== 0),
        name,
      ).toBe(true)
    for (let cut = 1; cut < net.groups.length; cut++) {
      const part = differentiate(net, cut)
      expect(part.gradients.size).toBeGreaterThan(0)
      for (const [name, gradient] of part.gradients)
        expect(maxDifference(gradient, whole.gradients.get(name) ?? []), name).toBeLessThan(1e-5)
    }
  })

  test.each(['cpu', 'wasm'] as const)('gradients on %s equal the native ones', async engine => {
    const net = most()
    const { gradients } = differentiate(net, 0)
    const before = tf.getBackend()
    await startEngine({ engine })
    try {
      for (const [name, gradient] of differentiate(net, 0).gradients)
        expect(maxDifference(gradient, gradients.get(name) ?? []), name).toBeLessThan(1e-5)
    } finally {
      await tf.setBackend(before)
    }
  })

  test('a fresh head says the start everywhere, and reads maps of mean 0 and mean square 1', () => {
    const { start } = output(kind)
    const net = most()
    const clips = [0, 1, 2].map((i): Clip => ({ id: `${i}`, path: '', label: '' }))
    const pixels = (batch: readonly Clip[]) =>
      Uint8Array.from(
        batch.flatMap(({ id }) => [...PIXELS.slice(Number(id) * CLIP, (Number(id) + 1) * CLIP)]),
      )
    standardiseFeatures(net, [clips.slice(0, 2), clips.slice(2)], pixels)
    expectSaysStart(net, start, PIXELS, CLIPS)
    const layers = net.graph.nodes.flatMap(({ name, layer }) =>
      layer && isStandardisation(name) ? [layer] : [],
    )
    expect(layers.map(({ name }) => name).sort()).toEqual(['head_standardise_2', 'head_standardise_4'])
    for (const [i, maps] of net.entering(layers, net.input(PIXELS, CLIPS), CLIPS).entries()) {
      const [, , mean, variance] = layers[i].getWeights()
      const normal = tf.div(tf.sub(maps, mean), tf.sqrt(variance))
      expect(Math.abs(normal.mean().dataSync()[0])).toBeLessThan(1e-3)
      expect(normal.square().mean().dataSync()[0]).toBeCloseTo(1, 3)
    }
  })

  test('saved, it is loaded and computed by plain tfjs, and cut again in the same groups', async () => {
    const net = most()
    const folder = join(await mkdtemp(join(tmpdir(), 'layergym-test-')), 'model')
    await saveModel(net.model, folder, {})
    const { model } = await loadModel(folder)
    const clips = tf.tensor(Float32Array.from(PIXELS), [CLIPS, FRAMES, SIDE, SIDE, 3])
    const again = (model.predict(clips) as tf.Tensor).dataSync()
    expect(maxDifference(again, predicted(net))).toBeLessThan(1e-6)
    const reloaded = new (net.constructor as typeof Network)(model, { atMost: 40 })
    expect(reloaded.groups).toEqual(net.groups)
    expect(reloaded.variables.map(({ name }) => name)).toEqual(net.variables.map(({ name }) => name))
  })
})

describe('a trainee of a head on maps', () => {
  const batch = [0, 1, 2].map((i): Clip => ({ id: `${i}`, path: '', label: '0' }))
  const task: Task = Object.assign(Object.create(classTask(3)), {
    head: denseHead('detection'),
    target: () => 0,
    loss: losses,
    predict: () => [],
  })

  function trainee(cacheBytes: number): Trainee {
    const network = denseNetwork(task.head, { count: 4 })
    const options = { optimizer: () => createOptimizer({ kind: 'adamw' }), batches: [batch] }
    const pixels = (clips: readonly Clip[]) =>
      Uint8Array.from(clips.flatMap(({ id }) => [...randomPixels(CLIP, Number(id) + 1)]))
    return new Trainee({ ...options, network, task, pixels, cacheBytes }, readWeights(network))
  }

  function trained(cacheBytes: number): Trainee {
    const own = trainee(cacheBytes)
    for (let step = 0; step < 4; step++) own.step(batch, [0, 0, 1e-2, 1e-2], Rng.of(step))
    for (let step = 0; step < 2; step++) own.step(batch, [0, 0, 0, 1e-2], Rng.of(step))
    return own
  }

  test('frozen groups stay bit-equal, trained ones move, and the loss falls', () => {
    const own = trained(0)
    const after = own.read()
    for (const { name, group, learned: isLearned } of own.network.variables) {
      const moved = maxDifference(own.pretrained[name], after[name]) > 0
      expect(moved, name).toBe(isLearned && group >= 2)
    }
    const loss = (of: Trainee) => of.evaluate(batch).losses[0]
    expect(loss(own)).toBeLessThan(loss(trainee(0)))
  })

  test('a cached prefix gives the same weights as one that runs each time', () => {
    const [cached, run] = [trained(2 ** 24), trained(0)]
    for (const { name } of cached.network.variables)
      expect(maxDifference(cached.read()[name], run.read()[name]), name).toBe(0)
    expect(cached.probe(batch).grams.map(({ rows }) => rows)).toEqual([3, 3, 3, 3])
  })
})
