import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { composedConvolution, composedUpsampling } from '../../src/models/composed.ts'
import { startEngine } from '../../src/models/engine.ts'
import { tf } from '../../src/models/tf.ts'
import { maxDifference } from '../support/models.ts'

let engine: string
beforeAll(async () => {
  await startEngine()
  engine = tf.getBackend()
})
afterAll(() => tf.setBackend(engine))

function noise(shape: readonly number[], seed = 1): tf.Tensor4D {
  const rng = Rng.of(seed, 'composed')
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => rng.normal())
  return tf.tensor4d(values, shape as [number, number, number, number])
}

type Padding = 'same' | 'valid' | readonly [number, number, number, number]
const X = [2, 9, 7, 3]

/** TensorFlow's own, padded before where borders are given. */
function expected(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  strides: [number, number],
  dilations: [number, number],
  padding: Padding,
  depthwise: boolean,
): tf.Tensor {
  const [top, bottom, left, right] = typeof padding === 'string' ? [0, 0, 0, 0] : padding
  const padded = tf.pad(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ])
  const kind = padding === 'same' ? 'same' : 'valid'
  return depthwise
    ? tf.depthwiseConv2d(padded, kernel, strides, kind, 'NHWC', dilations)
    : tf.conv2d(padded, kernel, strides, kind, 'NHWC', dilations)
}

describe.each([false, true])('a convolution out of slices (depthwise: %s)', depthwise => {
  test.each<[string, [number, number], [number, number], [number, number], Padding]>([
    ['plain', [3, 3], [1, 1], [1, 1], 'valid'],
    ['with borders', [3, 2], [1, 1], [1, 1], 'same'],
    ['in strides', [3, 3], [2, 2], [1, 1], 'same'],
    ['in strides without borders', [2, 3], [2, 2], [1, 1], 'valid'],
    ['in long strides of a small kernel', [1, 1], [3, 3], [1, 1], 'valid'],
    ['in strides that do not fit', [2, 2], [4, 4], [1, 1], 'same'],
    ['dilated', [3, 3], [1, 1], [2, 2], 'same'],
    ['dilated more one way', [2, 3], [1, 1], [3, 2], 'valid'],
    ['with borders of its own', [3, 3], [2, 2], [1, 1], [0, 1, 2, 0]],
  ])('%s', (_name, [height, width], strides, dilations, padding) => {
    const x = noise(X)
    const kernel = noise([height, width, 3, 2], 2)
    const theirs = expected(x, kernel, strides, dilations, padding, depthwise)
    const ours = composedConvolution(x, kernel, undefined, { depthwise, strides, dilations, padding })
    expect(ours.shape).toEqual(theirs.shape)
    expect(maxDifference(ours.dataSync(), theirs.dataSync())).toBeLessThan(1e-5)
  })

  test('in strides of one side alone, with a bias', async () => {
    // TensorFlow's depthwise one takes equal strides only: every second of a plain one's rows, or columns.
    const x = noise(X)
    const kernel = noise([2, 2, 3, 2], 2)
    const outputs = depthwise ? 6 : 2
    const bias = tf.tensor1d(Array.from({ length: outputs }, (_, i) => i))
    const whole = tf.add(expected(x, kernel, [1, 1], [1, 1], 'valid', depthwise), bias)
    for (const strides of [
      [2, 1],
      [1, 2],
    ] as const) {
      const spec = { depthwise, strides, dilations: [1, 1], padding: 'valid' } as const
      const ours = composedConvolution(x, kernel, bias, spec)
      const theirs = tf.stridedSlice(whole, [0, 0, 0, 0], whole.shape as number[], [1, ...strides, 1])
      expect(ours.shape).toEqual(theirs.shape)
      expect(maxDifference(ours.dataSync(), theirs.dataSync())).toBeLessThan(1e-5)
    }
  })
})

test('nearest upsampling repeats rows and columns, of every map of a batch', () => {
  const x = noise([2, 3, 4, 2])
  const ours = composedUpsampling(x, [2, 3])
  expect(ours.shape).toEqual([2, 6, 12, 2])
  const [from, to] = [x.arraySync() as number[][][][], ours.arraySync() as number[][][][]]
  for (let n = 0; n < 2; n++)
    for (let row = 0; row < 6; row++)
      for (let column = 0; column < 12; column++)
        expect(to[n][row][column]).toEqual(from[n][Math.floor(row / 2)][Math.floor(column / 3)])
})
