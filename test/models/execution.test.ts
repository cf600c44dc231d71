import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { buildClipModel } from '../../src/models/clip-model.ts'
import { engineAvailability, startEngine } from '../../src/models/engine.ts'
import type { GradientResult, NormMode } from '../../src/models/gradients.ts'
import type { HeadKind } from '../../src/models/head-kinds.ts'
import { Network } from '../../src/models/network.ts'
import { SCALINGS } from '../../src/models/scaling.ts'
import type { Outputs } from '../../src/models/tasks/task.ts'
import { tf } from '../../src/models/tf.ts'
import { maxDifference, randomPixels, tinyImageModel } from '../support/models.ts'
import { classTask } from '../support/tasks.ts'

const CLIPS = 4
const FRAMES = 3
const SIDE = 12
const LABELS = [0, 1, 2, 1]
const PIXELS = randomPixels(CLIPS * FRAMES * SIDE * SIDE * 3)
const TASK = classTask(3)
const losses = (outputs: Outputs) => TASK.loss(outputs, LABELS)
/** Others have no fused kernels: there the composed form would be compared with itself. */
const available = engineAvailability()
const isNative = available['tfjs-node'].available || available['tfjs-node-gpu'].available

beforeAll(async () => {
  await startEngine()
})

function network(head: HeadKind = 'two-layer'): Network {
  const model = buildClipModel(tinyImageModel(), {
    output: TASK.head,
    frames: FRAMES,
    size: [SIDE, SIDE],
    scaling: SCALINGS[1],
    head,
    rng: Rng.of(3),
  })
  return new Network(model, { count: 3 })
}

function learned(net: Network, from = 0): Set<string> {
  return new Set(net.variables.filter(v => v.learned && v.group >= from).map(v => v.name))
}

/** Loss and gradients through group `from` and up. */
function differentiate(
  net: Network,
  from = 0,
  mode: NormMode = 'frozen',
  trained = learned(net, from),
): GradientResult {
  const input = net.input(PIXELS, CLIPS)
  const entering = net.forward(input, CLIPS, 0, from)
  const norms = net.groups.map(() => mode)
  const result = net.gradients(entering, CLIPS, losses, { from, trained, norms })
  tf.dispose([input, entering])
  return result
}

function expectEqual(a: GradientResult, b: GradientResult, tolerance: number): void {
  expect(Math.abs(a.loss - b.loss)).toBeLessThan(tolerance)
  expect([...a.gradients.keys()]).toEqual([...b.gradients.keys()])
  for (const [name, gradient] of a.gradients) {
    const other = b.gradients.get(name) ?? new Float32Array()
    expect(maxDifference(gradient, other), name).toBeLessThan(tolerance)
  }
}

/** The same work on tfjs's plain JavaScript engine, where nothing is fused. */
async function onCpu<T>(work: () => T): Promise<T> {
  const before = tf.getBackend()
  await tf.setBackend('cpu')
  try {
    return work()
  } finally {
    await tf.setBackend(before)
  }
}

describe('execution', () => {
  test.each(['two-layer', 'mean', 'gru'] as const)('the forward pass equals plain tfjs (%s head)', head => {
    const net = network(head)
    const input = net.input(PIXELS, CLIPS)
    const ours = tf.softmax(net.forward(input, CLIPS)).dataSync()
    const pixels = tf.tensor5d(Float32Array.from(PIXELS), [CLIPS, FRAMES, SIDE, SIDE, 3])
    const theirs = (net.model.predict(pixels) as tf.Tensor).dataSync()
    expect(maxDifference(ours, theirs)).toBeLessThan(1e-5)
  })

  test('gradients equal those of plain tfjs layers', () => {
    const net = network()
    const variables = net.variables.filter(v => v.learned)
    const pixels = tf.tensor5d(Float32Array.from(PIXELS), [CLIPS, FRAMES, SIDE, SIDE, 3])
    const { grads, value } = tf.variableGrads(
      () => {
        const probabilities = net.model.apply(pixels) as tf.Tensor2D
        const target = tf.oneHot(tf.tensor1d(LABELS, 'int32'), 3)
        return tf.losses.softmaxCrossEntropy(target, tf.log(probabilities)) as tf.Scalar
      },
      variables.map(v => v.handle),
    )
    const gradients = new Map(variables.map(v => [v.name, grads[v.handle.name].dataSync() as Float32Array]))
    const reference = { loss: value.dataSync()[0], gradients, statistics: new Map() }
    expectEqual(differentiate(net), reference, 1e-5)
  })

  test.skipIf(!isNative).each(['frozen', 'batch'] as const)(
    'fused kernels equal the composed form, BN %s',
    async mode => {
      const net = network()
      const fused = differentiate(net, 0, mode)
      const composed = await onCpu(() => differentiate(net, 0, mode))
      expectEqual(fused, composed, 1e-5)
      expect([...fused.statistics.keys()]).toEqual([...composed.statistics.keys()])
      for (const [name, value] of fused.statistics) {
        expect(maxDifference(value, composed.statistics.get(name) ?? []), name).toBeLessThan(1e-5)
      }
      expect(fused.statistics.size > 0).toBe(mode === 'batch')
    },
  )

  test('starting after a prefix gives the gradients of the whole network', () => {
    const net = network()
    const whole = differentiate(net)
    for (const from of [1, 2]) {
      const part = differentiate(net, from)
      for (const [name, gradient] of part.gradients) {
        expect(maxDifference(gradient, whole.gradients.get(name) ?? []), name).toBeLessThan(1e-6)
      }
    }
  })

  test('training one group in the middle gives its gradients and no others', () => {
    const net = network()
    const middle = new Set(net.variables.filter(v => v.learned && v.group === 1).map(v => v.name))
    const whole = differentiate(net)
    const result = differentiate(net, 1, 'frozen', middle)
    expect(new Set(result.gradients.keys())).toEqual(middle)
    for (const [name, gradient] of result.gradients) {
      expect(maxDifference(gradient, whole.gradients.get(name) ?? [])).toBeLessThan(1e-6)
    }
  })

  test('nothing is left behind: tensors are constant from step to step', () => {
    const net = network()
    differentiate(net, 0, 'batch')
    const before = tf.memory().numTensors
    for (const mode of ['frozen', 'batch'] as const) differentiate(net, 0, mode)
    tf.dispose(net.activations(net.input(PIXELS, 0 + CLIPS), CLIPS))
    expect(tf.memory().numTensors).toBe(before + 1) // the input of the line above
  })

  test('dropout draws from the stream that it is given', () => {
    const head = (features: tf.SymbolicTensor) => {
      const mean = tf.layers.globalAveragePooling1d().apply(features) as tf.SymbolicTensor
      const dropped = tf.layers.dropout({ rate: 0.5 }).apply(mean) as tf.SymbolicTensor
      return tf.layers.dense({ units: 3 }).apply(dropped) as tf.SymbolicTensor
    }
    const model = buildClipModel(tinyImageModel(), {
      output: TASK.head,
      frames: FRAMES,
      size: [SIDE, SIDE],
      scaling: SCALINGS[1],
      head,
      rng: Rng.of(3),
    })
    const net = new Network(model, { count: 2 })
    const input = net.input(PIXELS, CLIPS)
    const loss = (dropout?: Rng) =>
      net.gradients(input, CLIPS, losses, { from: 0, trained: learned(net), dropout }).loss
    expect(loss(Rng.of(1))).toBe(loss(Rng.of(1)))
    expect(loss(Rng.of(1))).not.toBe(loss(Rng.of(2)))
    expect(loss()).not.toBe(loss(Rng.of(1)))
  })
})
