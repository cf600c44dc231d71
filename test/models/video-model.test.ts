import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '../../src/models/engine.ts'
import { Network } from '../../src/models/network.ts'
import { SCALINGS } from '../../src/models/scaling.ts'
import { tf } from '../../src/models/tf.ts'
import { adaptVideoModel } from '../../src/models/video-model.ts'
import { maxDifference, randomPixels } from '../support/models.ts'
import { classTask } from '../support/tasks.ts'

const TASK = classTask(3)

beforeAll(async () => {
  await startEngine()
})

const CLIP = [4, 10, 10, 3] as const
const seed = 5
const init = () => tf.initializers.glorotUniform({ seed })

/** 3-D convolutions over the whole clip. */
function volumetric(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv3d({
        filters: 4,
        kernelSize: 3,
        activation: 'relu',
        kernelInitializer: init(),
        inputShape: [...CLIP],
      }),
      tf.layers.conv3d({ filters: 5, kernelSize: [2, 3, 3], activation: 'relu', kernelInitializer: init() }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 7, activation: 'softmax', kernelInitializer: init() }),
    ],
  })
}

/** A CNN on every frame under a recurrent layer. */
function recurrent(): tf.LayersModel {
  const frame = tf.sequential({
    layers: [
      tf.layers.conv2d({
        filters: 4,
        kernelSize: 3,
        strides: 2,
        activation: 'relu',
        kernelInitializer: init(),
        inputShape: [10, 10, 3],
      }),
      tf.layers.globalAveragePooling2d({}),
    ],
  })
  return tf.sequential({
    layers: [
      tf.layers.timeDistributed({ layer: frame, inputShape: [...CLIP] }),
      tf.layers.lstm({ units: 6, kernelInitializer: init(), recurrentInitializer: init() }),
      tf.layers.dense({ units: 7, activation: 'softmax', kernelInitializer: init() }),
    ],
  })
}

describe.each([
  ['volumetric', volumetric],
  ['recurrent', recurrent],
])('a %s video model', (_name, build) => {
  test.each([undefined, SCALINGS[1]])(
    'gets a head, computes what plain tfjs does, and trains (scaling %j)',
    scaling => {
      const model = adaptVideoModel(build(), { output: TASK.head, clip: CLIP, scaling })
      const network = new Network(model, { count: 2 })
      const bytes = randomPixels(2 * 4 * 10 * 10 * 3)
      const input = network.input(bytes, 2)
      const ours = tf.softmax(network.forward(input, 2)).dataSync()
      const pixels = tf.tensor5d(Float32Array.from(bytes), [2, ...CLIP])
      const theirs = (model.predict(pixels) as tf.Tensor).dataSync()
      expect(maxDifference(ours, theirs)).toBeLessThan(1e-5)
      const learned = new Set(network.variables.filter(v => v.learned).map(v => v.name))
      const { gradients } = network.gradients(input, 2, outputs => TASK.loss(outputs, [0, 2]), {
        from: 0,
        trained: learned,
      })
      expect(gradients.size).toBe(learned.size)
      for (const [name, gradient] of gradients) expect(gradient.every(Number.isFinite), name).toBe(true)
    },
  )
})

describe('a task with an answer a frame', () => {
  const output = { units: 3, activation: 'softmax', reads: 'frames', start: new Float32Array(3) } as const
  const kept = (padding: 'same' | 'valid') =>
    tf.sequential({
      layers: [
        tf.layers.conv3d({ filters: 4, kernelSize: 3, padding, inputShape: [...CLIP] }),
        tf.layers.conv3d({ filters: 2, kernelSize: 1 }),
      ],
    })

  test('gets one from a video model that keeps its frames', () => {
    const model = adaptVideoModel(kept('same'), { output, clip: CLIP, scaling: SCALINGS[0] })
    expect(model.outputs[0].shape).toEqual([null, 4, 3])
  })

  test('is refused where frames are lost on the way', () => {
    const adapted = () => adaptVideoModel(kept('valid'), { output, clip: CLIP, scaling: undefined })
    expect(adapted).toThrow(/each of 4 frames.*\[2, 8, 8, 4\].*keeps all frames/)
  })
})

describe('what a video model may end in', () => {
  const { head } = TASK
  const shapesOf = (layers: tf.layers.Layer[], clip = CLIP) => {
    const model = adaptVideoModel(tf.sequential({ layers }), { output: head, clip, scaling: undefined })
    expect(model.outputs[0].shape).toEqual([null, 3])
    return model.layers.map(layer => layer.getClassName())
  }
  const conv = () => tf.layers.conv3d({ filters: 4, kernelSize: 3, inputShape: [...CLIP] })
  const next = () => tf.layers.conv3d({ filters: 4, kernelSize: 1 })

  test('a volume, a row a moment, or a row', () => {
    const pooled = ['TimeDistributed', 'GlobalAveragePooling1D']
    expect(shapesOf([conv(), next()])).toEqual(expect.arrayContaining(pooled))
    const rows = [conv(), tf.layers.reshape({ targetShape: [2, 256] }), tf.layers.dense({ units: 2 })]
    const classes = shapesOf(rows)
    expect(classes).toContain('GlobalAveragePooling1D')
    expect(classes).not.toContain('TimeDistributed')
    const flat = shapesOf([conv(), tf.layers.flatten(), tf.layers.dense({ units: 2 })])
    expect(flat).not.toContain('GlobalAveragePooling1D')
  })

  test('nothing else, and a head on maps of frames finds none', () => {
    const planes = [
      conv(),
      tf.layers.reshape({ targetShape: [2, 8, 32] }),
      tf.layers.conv2d({ filters: 2, kernelSize: 1 }),
    ]
    expect(() => shapesOf(planes)).toThrow(/features have shape \[2, 8, 32\]; a head needs \[F\], \[T, F\]/)
    expect(() => shapesOf([tf.layers.flatten({ inputShape: [...CLIP] })])).toThrow(/no last layer to replace/)
    const reads = { strides: [8], build: () => undefined as never }
    const maps = { units: 3, activation: 'softmax', reads, start: new Float32Array(3) } as const
    const adapted = () => adaptVideoModel(volumetric(), { output: maps, clip: CLIP, scaling: undefined })
    expect(adapted).toThrow(/reads maps of single frames.*take an image network/)
  })
})
