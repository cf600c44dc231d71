import { Rng } from '../../src/common/random.ts'
import { tf } from '../../src/models/tf.ts'

/** A small image network with everything that gets fused: padding, strides, depthwise, BN with and without bias, ReLU6, a residual. */
export function tinyImageModel(seed = 1, side = 12): tf.LayersModel {
  const rng = Rng.of(seed, 'tiny')
  const init = () => tf.initializers.glorotUniform({ seed: rng.int(2 ** 31) })
  const input = tf.input({ shape: [side, side, 3] })
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor) => layer.apply(x) as tf.SymbolicTensor
  const bn = (name: string) => tf.layers.batchNormalization({ name })
  let x = apply(
    tf.layers.zeroPadding2d({
      padding: [
        [0, 1],
        [0, 1],
      ],
      name: 'pad',
    }),
    input,
  )
  x = apply(
    tf.layers.conv2d({
      filters: 6,
      kernelSize: 3,
      strides: 2,
      useBias: false,
      kernelInitializer: init(),
      name: 'conv1',
    }),
    x,
  )
  x = apply(bn('bn1'), x)
  x = apply(tf.layers.reLU({ maxValue: 6, name: 'relu1' }), x)
  x = apply(
    tf.layers.depthwiseConv2d({
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      depthwiseInitializer: init(),
      name: 'dw',
    }),
    x,
  )
  x = apply(bn('bn2'), x)
  x = apply(tf.layers.reLU({ maxValue: 6, name: 'relu2' }), x)
  const shortcut = apply(
    tf.layers.conv2d({ filters: 8, kernelSize: 1, kernelInitializer: init(), name: 'project' }),
    x,
  )
  let y = apply(bn('bn3'), shortcut)
  y = apply(
    tf.layers.conv2d({
      filters: 8,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: init(),
      name: 'conv2',
    }),
    y,
  )
  x = tf.layers.add({ name: 'add' }).apply([shortcut, y]) as tf.SymbolicTensor
  x = apply(tf.layers.activation({ activation: 'relu', name: 'relu3' }), x)
  x = apply(
    tf.layers.conv2d({
      filters: 10,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      kernelInitializer: init(),
      name: 'conv3',
    }),
    x,
  )
  x = apply(bn('bn4'), x)
  x = apply(tf.layers.globalAveragePooling2d({ name: 'gap' }), x)
  x = apply(tf.layers.dense({ units: 5, activation: 'softmax', kernelInitializer: init(), name: 'top' }), x)
  const model = tf.model({ inputs: input, outputs: x, name: `tiny_${seed}` })
  for (const layer of model.layers) {
    if (layer.getClassName() !== 'BatchNormalization') continue
    const random = (low: number, high: number) => (w: tf.Tensor) =>
      tf.tensor(
        Float32Array.from({ length: w.size }, () => low + (high - low) * rng.next()),
        w.shape,
      )
    const [gamma, beta, mean, variance] = layer.getWeights()
    layer.setWeights([
      random(0.5, 1.5)(gamma),
      random(-0.3, 0.3)(beta),
      random(-0.2, 0.2)(mean),
      random(0.5, 2)(variance),
    ])
  }
  return model
}

/** Maps at strides 2, 4 and 8 with a skip connection, for what needs places in a picture: a step takes milliseconds. */
export function tinyBackbone(side = 32): tf.LayersModel {
  const rng = Rng.of(2, 'backbone')
  const conv = (name: string, filters: number, strides: number) =>
    tf.layers.conv2d({
      ...{ name, filters, strides, kernelSize: 3, padding: 'same', activation: 'relu' },
      kernelInitializer: tf.initializers.heNormal({ seed: rng.int(2 ** 31) }),
    })
  const on = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
    layer.apply(x) as tf.SymbolicTensor
  const input = tf.input({ shape: [side, side, 3] })
  const half = on(conv('half', 6, 2), input)
  const quarter = on(conv('quarter', 8, 2), half)
  const skip = on(tf.layers.add({ name: 'skip' }), [quarter, on(conv('again', 8, 1), quarter)])
  const eighth = on(tf.layers.batchNormalization({ name: 'bn' }), on(conv('eighth', 12, 2), skip))
  const pooled = on(tf.layers.globalAveragePooling2d({ name: 'gap' }), eighth)
  const top = on(tf.layers.dense({ units: 4, activation: 'softmax', name: 'top' }), pooled)
  return tf.model({ inputs: input, outputs: top, name: 'tiny_backbone' })
}

/** Uint8 pixels of clips [B, T, H, W, 3]. */
export function randomPixels(length: number, seed = 1): Uint8Array {
  const rng = Rng.of(seed, 'pixels')
  return Uint8Array.from({ length }, () => rng.int(256))
}

export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let worst = 0
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]))
  return worst
}
