import { tf } from '../../../src/models/tf.ts'

/** Blocks, width and first stride of each stage: He et al. 2016, table 1. */
const STAGES = [
  [3, 64, 1],
  [4, 128, 2],
  [6, 256, 2],
  [3, 512, 2],
] as const
const EXPANSION = 4

/** ResNet-50 with fresh weights, for pictures of a size: 23.5 M parameters before its head. */
export function resnet50(size: number): tf.LayersModel {
  const input = tf.input({ shape: [size, size, 3] })
  let x = tf.layers
    .maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' })
    .apply(normed(input, { filters: 64, kernelSize: 7, strides: 2 })) as tf.SymbolicTensor
  for (const [blocks, width, stride] of STAGES)
    for (let block = 0; block < blocks; block++) x = bottleneck(x, width, block === 0 ? stride : 1)
  const pooled = tf.layers.globalAveragePooling2d({}).apply(x) as tf.SymbolicTensor
  return tf.model({
    inputs: input,
    outputs: tf.layers.dense({ units: 4 }).apply(pooled) as tf.SymbolicTensor,
  })
}

interface Convolution {
  readonly filters: number
  readonly kernelSize: number
  readonly strides: number
}

function bottleneck(x: tf.SymbolicTensor, width: number, strides: number): tf.SymbolicTensor {
  const wide = { filters: EXPANSION * width, kernelSize: 1 }
  const inner = normed(normed(x, { filters: width, kernelSize: 1, strides: 1 }), {
    ...{ filters: width, kernelSize: 3, strides },
  })
  const through = convolved(inner, { ...wide, strides: 1 })
  const around = x.shape[3] === wide.filters && strides === 1 ? x : convolved(x, { ...wide, strides })
  return tf.layers.reLU().apply(tf.layers.add().apply([through, around])) as tf.SymbolicTensor
}

function normed(x: tf.SymbolicTensor, convolution: Convolution): tf.SymbolicTensor {
  return tf.layers.reLU().apply(convolved(x, convolution)) as tf.SymbolicTensor
}

function convolved(x: tf.SymbolicTensor, convolution: Convolution): tf.SymbolicTensor {
  const layer = tf.layers.conv2d({
    ...convolution,
    padding: 'same',
    useBias: false,
    kernelInitializer: tf.initializers.heNormal({ seed: 1 }),
  })
  return tf.layers.batchNormalization().apply(layer.apply(x)) as tf.SymbolicTensor
}
