import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { buildClipModel } from '../../src/models/clip-model.ts'
import { cutPlaces } from '../../src/models/cut-places.ts'
import { startEngine } from '../../src/models/engine.ts'
import { flattenModel } from '../../src/models/graph.ts'
import { loadModel } from '../../src/models/load.ts'
import { Network } from '../../src/models/network.ts'
import { compile } from '../../src/models/program.ts'
import { SCALINGS } from '../../src/models/scaling.ts'
import { tf } from '../../src/models/tf.ts'
import { tinyImageModel } from '../support/models.ts'
import { classTask } from '../support/tasks.ts'

beforeAll(async () => {
  await startEngine()
})

function clipModel(backbone: tf.LayersModel, side: number): tf.LayersModel {
  const options = { output: classTask(4).head, frames: 2, size: [side, side] as const, scaling: SCALINGS[0] }
  return buildClipModel(backbone, { ...options, head: 'mean', rng: Rng.of(1) })
}

describe('layer groups', () => {
  test('the head is the last group, and the parameters of all add up', async () => {
    const { model } = await loadModel('models/mobilenet_v2_035_224_tm')
    const net = new Network(clipModel(model, 64), { count: 4 })
    expect(net.groups.map(group => group.name)).toEqual(['group-1', 'group-2', 'group-3', 'head'])
    const learned = net.variables.filter(v => v.learned).reduce((sum, v) => sum + v.size, 0)
    expect(net.groups.reduce((sum, group) => sum + group.parameters, 0)).toBe(learned)
    const backbone = net.groups.slice(0, 3).map(group => group.flops)
    expect(Math.max(...backbone) / Math.min(...backbone)).toBeLessThan(1.6)
  })

  test('no cut lies inside a residual block', async () => {
    const { model } = await loadModel('models/resnet20_cifar10')
    const graph = flattenModel(clipModel(model, 32))
    const operations = compile(graph)
    for (const place of cutPlaces(graph, operations)) {
      const inside = new Set(operations.slice(0, place).flatMap(operation => operation.nodes))
      const crossing = new Set<number>()
      for (const operation of operations.slice(place)) {
        for (const node of operation.nodes) {
          for (const input of graph.nodes[node].inputs) {
            if (inside.has(input.node) || input.node === 0) crossing.add(input.node)
          }
        }
      }
      expect(crossing.size).toBe(1)
    }
  })

  test('are as deep as their convolutions over more than one place, and recurrences', () => {
    const conv = (kernelSize: number | [number, number], name: string) =>
      tf.layers.conv2d({ filters: 2, kernelSize, name, padding: 'same' })
    const blocks = (after: string, ...layers: readonly tf.layers.Layer[]) => {
      const inputs = tf.input({ shape: [8, 8, 3] })
      const outputs = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, inputs)
      return new Network(tf.model({ inputs, outputs }), { after: [after] }).groups.map(group => group.blocks)
    }
    const layers = [
      conv(1, 'one'),
      conv(3, 'two'),
      conv([1, 3], 'three'),
      conv(1, 'four'),
      conv([2, 1], 'five'),
    ]
    expect(blocks('three', ...layers)).toEqual([2, 1])
    expect(blocks('one', conv(1, 'one'), conv(1, 'two'))).toEqual([0, 0])
    const rows = tf.layers.reshape({ targetShape: [8, 16] })
    const recurrent = [tf.layers.lstm({ units: 2, returnSequences: true }), tf.layers.gru({ units: 2 })]
    expect(blocks('one', conv(3, 'one'), rows, ...recurrent)).toEqual([1, 2])
  })

  test('more groups than can be cut are refused, with the number that can', () => {
    const model = clipModel(tinyImageModel(), 12)
    expect(() => new Network(model, { count: 40 })).toThrow(
      /can't be cut into 40 layer groups: between 2 and \d+ are possible/,
    )
  })

  test('every number of groups up to the largest can be cut, each with parameters', () => {
    const model = clipModel(tinyImageModel(), 12)
    const most = new Network(model, { atMost: 40 }).groups.length
    expect(most).toBeGreaterThan(3)
    for (let count = 2; count <= most; count++) {
      const { groups } = new Network(model, { count })
      expect(groups).toHaveLength(count)
      expect(groups.every(group => group.parameters > 0)).toBe(true)
    }
    expect(() => new Network(model, { count: most + 1 })).toThrow(`between 2 and ${most} are possible`)
  })

  test('cuts can be named by layer, and a wrong name is answered with the near one', () => {
    const model = clipModel(tinyImageModel(), 12)
    const net = new Network(model, { after: ['relu1', 'relu3'] })
    expect(net.groups.map(group => group.layers[1])).toEqual(['relu1', 'relu3', 'probabilities'])
    expect(() => new Network(model, { after: ['relu33'] })).toThrow(
      /unknown layer 'relu33': did you mean 'relu3'/,
    )
    expect(() => new Network(model, { after: ['conv2'] })).toThrow(/can't be cut after layer 'conv2'/)
  })
})
