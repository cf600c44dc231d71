import { inputError, messageOf } from '../common/error.ts'
import { type NativeBackend, nativeBackend, type OpAttribute } from './function/binding.ts'
import { tf } from './tf.ts'

/**
 * TensorFlow kernels that tfjs composes of slower pieces, run through the node backend. Every function here has
 * a composed form for other engines; test/models/fused.test.ts holds both equal.
 */

export type Activation = 'linear' | 'relu' | 'relu6'

/** Activations inside a recurrent layer whose gradient its output decides. */
export const CELL_ACTIVATIONS = ['hardSigmoid', 'linear', 'relu', 'sigmoid', 'tanh'] as const
export type CellActivation = (typeof CELL_ACTIVATIONS)[number]

/** Sides of a convolution that don't change from step to step. */
export interface ConvolutionSpec {
  readonly depthwise: boolean
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  /** [top, bottom, left, right] where a ZeroPadding2D was folded in. */
  readonly padding: 'same' | 'valid' | readonly [number, number, number, number]
}

/** The native kernels, or undefined on other engines. */
export function nativeKernels(): NativeKernels | undefined {
  const backend = nativeBackend()
  return backend && new NativeKernels(backend)
}

export class NativeKernels {
  private readonly float: OpAttribute

  constructor(private readonly backend: NativeBackend) {
    this.float = { name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT }
  }

  /** Bytes as floats: what goes to the engine is a quarter of it. The caller's. */
  bytes(values: Uint8Array, shape: readonly number[]): tf.Tensor {
    const { binding } = this.backend
    const id = binding.createTensor(shape, binding.TF_UINT8, values)
    const attributes = [
      { name: 'SrcT', type: binding.TF_ATTR_TYPE, value: binding.TF_UINT8 },
      { name: 'DstT', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
      { name: 'Truncate', type: binding.TF_ATTR_BOOL, value: false },
    ]
    const [floats] = binding.executeOp('Cast', attributes, [id], 1)
    binding.deleteTensor(id)
    return this.backend.createOutputTensor(floats)
  }

  convolution(x: tf.Tensor, kernel: tf.Tensor, spec: ConvolutionSpec): tf.Tensor {
    const name = spec.depthwise ? 'DepthwiseConv2dNative' : 'Conv2D'
    return this.backend.executeSingleOutput(name, this.convolutionAttributes(spec), [x, kernel])
  }

  convolutionInputGradient(
    shape: number[],
    kernel: tf.Tensor,
    dy: tf.Tensor,
    spec: ConvolutionSpec,
  ): tf.Tensor {
    const name = spec.depthwise ? 'DepthwiseConv2dNativeBackpropInput' : 'Conv2DBackpropInput'
    const sizes = tf.tensor1d(shape, 'int32')
    const dx = this.backend.executeSingleOutput(name, this.convolutionAttributes(spec), [sizes, kernel, dy])
    sizes.dispose()
    return dx
  }

  convolutionKernelGradient(x: tf.Tensor, shape: number[], dy: tf.Tensor, spec: ConvolutionSpec): tf.Tensor {
    if (!spec.depthwise && typeof spec.padding !== 'string') {
      // Conv2DBackpropFilter with explicit padding writes past its buffers (TensorFlow 2.21 on CPU: the heap is
      // corrupted, and the process ends later, anywhere). Padding first gives the same numbers.
      const [top, bottom, left, right] = spec.padding
      const padded = tf.pad(x as tf.Tensor4D, [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ])
      const dw = this.convolutionKernelGradient(padded, shape, dy, { ...spec, padding: 'valid' })
      padded.dispose()
      return dw
    }
    const name = spec.depthwise ? 'DepthwiseConv2dNativeBackpropFilter' : 'Conv2DBackpropFilter'
    const sizes = tf.tensor1d(shape, 'int32')
    const dw = this.backend.executeSingleOutput(name, this.convolutionAttributes(spec), [x, sizes, dy])
    sizes.dispose()
    return dw
  }

  biasAdd(x: tf.Tensor, bias: tf.Tensor): tf.Tensor {
    return this.backend.executeSingleOutput(
      'BiasAdd',
      [this.float, this.string('data_format', 'NHWC')],
      [x, bias],
    )
  }

  biasGradient(dy: tf.Tensor): tf.Tensor {
    return this.backend.executeSingleOutput(
      'BiasAddGrad',
      [this.float, this.string('data_format', 'NHWC')],
      [dy],
    )
  }

  activation(x: tf.Tensor, activation: 'relu' | 'relu6'): tf.Tensor {
    return this.backend.executeSingleOutput(activation === 'relu' ? 'Relu' : 'Relu6', [this.float], [x])
  }

  activationGradient(dy: tf.Tensor, y: tf.Tensor, activation: 'relu' | 'relu6'): tf.Tensor {
    return this.backend.executeSingleOutput(
      activation === 'relu' ? 'ReluGrad' : 'Relu6Grad',
      [this.float],
      [dy, y],
    )
  }

  /** [M, K] · [K, N], one of them transposed where named. */
  product(first: tf.Tensor, second: tf.Tensor, transposed?: 'first' | 'second'): tf.Tensor {
    const type = this.backend.binding.TF_ATTR_BOOL
    const attributes = [
      this.float,
      { name: 'transpose_a', type, value: transposed === 'first' },
      { name: 'transpose_b', type, value: transposed === 'second' },
    ]
    return this.backend.executeSingleOutput('MatMul', attributes, [first, second])
  }

  /** Zeros without any. */
  sum(tensors: readonly tf.Tensor[], shape: readonly number[]): tf.Tensor {
    if (tensors.length < 2) return tensors[0] ?? tf.zeros([...shape])
    const count = { name: 'N', type: this.backend.binding.TF_ATTR_INT, value: tensors.length }
    return this.backend.executeSingleOutput('AddN', [this.float, count], [...tensors])
  }

  cellActivation(x: tf.Tensor, activation: CellActivation): tf.Tensor {
    switch (activation) {
      case 'hardSigmoid':
        return tf.clipByValue(tf.add(tf.mul(x, 0.2), 0.5), 0, 1)
      case 'linear':
        return x
      case 'relu':
        return this.activation(x, 'relu')
      case 'sigmoid':
        return this.backend.executeSingleOutput('Sigmoid', [this.float], [x])
      case 'tanh':
        return this.backend.executeSingleOutput('Tanh', [this.float], [x])
    }
  }

  /** @param y what the activation gave */
  cellActivationGradient(dy: tf.Tensor, y: tf.Tensor, activation: CellActivation): tf.Tensor {
    switch (activation) {
      case 'hardSigmoid':
        return this.activationGradient(tf.mul(dy, 0.2), tf.mul(y, 6), 'relu6')
      case 'linear':
        return dy
      case 'relu':
        return this.activationGradient(dy, y, 'relu')
      case 'sigmoid':
        return this.backend.executeSingleOutput('SigmoidGrad', [this.float], [y, dy])
      case 'tanh':
        return this.backend.executeSingleOutput('TanhGrad', [this.float], [y, dy])
    }
  }

  /** @returns [y, batch mean, batch variance (the n/(n−1) one), three reserved for the gradient] */
  batchNorm(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: number): tf.Tensor[] {
    const empty = tf.tensor1d([], 'float32')
    const attributes = [
      ...this.batchNormAttributes(epsilon),
      { name: 'exponential_avg_factor', type: this.backend.binding.TF_ATTR_FLOAT, value: 1 },
    ]
    const outputs = this.backend.executeMultipleOutputs(
      'FusedBatchNormV3',
      attributes,
      [x, scale, offset, empty, empty],
      6,
    )
    empty.dispose()
    return outputs
  }

  /** @returns [dx, dscale, doffset] */
  batchNormGradient(
    dy: tf.Tensor,
    x: tf.Tensor,
    scale: tf.Tensor,
    reserved: tf.Tensor[],
    epsilon: number,
  ): tf.Tensor[] {
    const outputs = this.backend.executeMultipleOutputs(
      'FusedBatchNormGradV3',
      this.batchNormAttributes(epsilon),
      [dy, x, scale, ...reserved],
      5,
    )
    tf.dispose(outputs.slice(3))
    return outputs.slice(0, 3)
  }

  private batchNormAttributes(epsilon: number): OpAttribute[] {
    const { binding } = this.backend
    return [
      this.float,
      { name: 'U', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
      { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
      this.string('data_format', 'NHWC'),
      { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
    ]
  }

  private convolutionAttributes(spec: ConvolutionSpec): OpAttribute[] {
    const explicit = typeof spec.padding !== 'string'
    const attributes = [
      this.float,
      this.ints('strides', [1, ...spec.strides, 1]),
      this.string('padding', explicit ? 'EXPLICIT' : (spec.padding as string).toUpperCase()),
      this.string('data_format', 'NHWC'),
      this.ints('dilations', [1, ...spec.dilations, 1]),
    ]
    if (explicit) attributes.push(this.ints('explicit_paddings', [0, 0, ...spec.padding, 0, 0]))
    return attributes
  }

  private string(name: string, value: string): OpAttribute {
    return { name, type: this.backend.binding.TF_ATTR_STRING, value }
  }

  private ints(name: string, value: readonly (string | number)[]): OpAttribute {
    return { name, type: this.backend.binding.TF_ATTR_INT, value }
  }
}

/** Some engines can run layers that they can't differentiate: says so, and where it can be done. */
export function withKernels<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const missing = /Kernel '(\w+)' not registered for backend '(\w+)'/.exec(messageOf(error))
    if (missing === null) throw error
    const [, kernel, backend] = missing
    throw inputError(
      'engine.kernel',
      `the engine '${backend}' can't train this network: it lacks ${kernel}. Use --engine tfjs-node, or --engine cpu (slow).`,
      { cause: error },
    )
  }
}
