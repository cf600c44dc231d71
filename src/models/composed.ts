import type { ConvolutionSpec } from './kernels.ts'
import { tf } from './tf.ts'

/**
 * A convolution out of operations whose gradients every engine has (wasm lacks those of conv2d's filter and of
 * depthwise convolution): one shifted, strided slice of the padded input for every kernel position.
 * x [N, H, W, C], kernel [kh, kw, C, outputs] or, depthwise, [kh, kw, C, multiplier].
 */
export function composedConvolution(
  x: tf.Tensor,
  kernel: tf.Tensor,
  bias: tf.Tensor | undefined,
  spec: ConvolutionSpec,
): tf.Tensor {
  const [kernelHeight, kernelWidth, channels, outputs] = kernel.shape
  const [n, height, width] = x.shape
  const [strideY, strideX] = spec.strides
  const [dilationY, dilationX] = spec.dilations
  const rows = axis(height, kernelHeight, strideY, dilationY, sides(spec, 0))
  const columns = axis(width, kernelWidth, strideX, dilationX, sides(spec, 1))
  // Padded up to a multiple of the stride, so that a strided slice is a slice and a reshape, both differentiable.
  const padded = tf.pad(x as tf.Tensor4D, [
    [0, 0],
    [rows.before, rows.after],
    [columns.before, columns.after],
    [0, 0],
  ])
  let sum: tf.Tensor | undefined
  for (let i = 0; i < kernelHeight; i++) {
    for (let j = 0; j < kernelWidth; j++) {
      const begin = [0, i * dilationY, j * dilationX, 0]
      const block = tf.slice(padded, begin, [n, rows.output * strideY, columns.output * strideX, channels])
      const strided = everyNth(block, n, rows.output, strideY, columns.output, strideX, channels)
      const weight = tf.slice(kernel, [i, j, 0, 0], [1, 1, channels, outputs])
      const term = spec.depthwise
        ? tf.mul(tf.expandDims(strided, 4), tf.reshape(weight, [channels, outputs]))
        : tf.matMul(tf.reshape(strided, [-1, channels]), tf.reshape(weight, [channels, outputs]))
      sum = sum === undefined ? term : tf.add(sum, term)
    }
  }
  if (sum === undefined) throw new Error('an empty kernel')
  const last = spec.depthwise ? channels * outputs : outputs
  const y = tf.reshape(sum, [n, rows.output, columns.output, last])
  return bias === undefined ? y : tf.add(y, bias)
}

/**
 * Nearest upsampling by whole factors. (The gradient of tfjs 4.22's cpu engine is wrong from the second row of a batch
 * on: it reads them at the input's offsets.)
 * @param x [N, H, W, C]
 */
export function composedUpsampling(x: tf.Tensor, [rows, columns]: readonly [number, number]): tf.Tensor {
  const [n, height, width, channels] = x.shape
  // Tiles of four axes: tfjs differentiates no others.
  const wide = tf.tile(tf.reshape(x, [n * height, width, 1, channels]), [1, 1, columns, 1])
  const high = tf.tile(tf.reshape(wide, [n, height, 1, width * columns * channels]), [1, 1, rows, 1])
  return tf.reshape(high, [n, height * rows, width * columns, channels])
}

type Sides = 'same' | readonly [number, number]

function sides(spec: ConvolutionSpec, dimension: 0 | 1): Sides {
  if (spec.padding === 'same') return 'same'
  if (spec.padding === 'valid') return [0, 0]
  return [spec.padding[2 * dimension], spec.padding[2 * dimension + 1]]
}

/** Output length and padding of one axis, by TensorFlow's rules; `after` leaves room for whole strides. */
function axis(length: number, kernel: number, stride: number, dilation: number, padding: Sides) {
  const extent = (kernel - 1) * dilation + 1
  if (padding === 'same') {
    const output = Math.ceil(length / stride)
    const total = Math.max(0, (output - 1) * stride + extent - length)
    const before = Math.floor(total / 2)
    return { output, before, after: room(length, before, output, stride, kernel, dilation) }
  }
  const [before, after] = padding
  const output = Math.floor((length + before + after - extent) / stride) + 1
  return { output, before, after: room(length, before, output, stride, kernel, dilation) }
}

function room(
  length: number,
  before: number,
  output: number,
  stride: number,
  kernel: number,
  dilation: number,
): number {
  return Math.max(0, (kernel - 1) * dilation + output * stride - before - length)
}

function everyNth(
  block: tf.Tensor,
  n: number,
  rows: number,
  strideY: number,
  columns: number,
  strideX: number,
  channels: number,
): tf.Tensor {
  if (strideY === 1 && strideX === 1) return block
  // [n, rows, strideY, columns·strideX·channels] → the first of every strideY rows, then the same for columns.
  const byRow = tf.reshape(block, [n, rows, strideY, columns * strideX * channels])
  const everyRow = tf.slice(byRow, [0, 0, 0, 0], [n, rows, 1, columns * strideX * channels])
  const byColumn = tf.reshape(everyRow, [n * rows, columns, strideX, channels])
  return tf.reshape(tf.slice(byColumn, [0, 0, 0, 0], [n * rows, columns, 1, channels]), [
    n,
    rows,
    columns,
    channels,
  ])
}
