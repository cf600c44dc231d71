import type { Rng } from '../common/random.ts'
import { glorot, on } from './layers.ts'
import { tf } from './tf.ts'
import { bilinearUpsampled, nearestUpsampled } from './upsampling.ts'

interface DenseHeadOptions {
  /** Numbers a place. */
  readonly units: number
  /** Of the maps, ascending. */
  readonly strides: readonly number[]
  /** [units]: what a fresh head says everywhere. */
  readonly start: Float32Array
  readonly rng: Rng
  /** Width of the head's own maps. */
  readonly channels?: number
}

/** Convolutions 3x3 on every level of a detection head. */
const TOWER = 2

/**
 * One vector for every place of every map, [places, units], level by level in the order of strides, row by row: a feature
 * pyramid (Lin et al. 2017) by nearest upsampling and sums, then depthwise-separable convolutions that all levels share,
 * as FCOS (Tian et al. 2019) shares its plain ones.
 * @param maps [H/stride, W/stride, C], one a stride
 */
export function detectionHead(
  maps: readonly tf.SymbolicTensor[],
  { units, strides, start, rng, channels = 64 }: DenseHeadOptions,
): tf.SymbolicTensor {
  const lateral = maps.map((map, i) => on(pointwise(`head_lateral_${strides[i]}`, channels, rng), map))
  const fused = [...lateral]
  for (let i = fused.length - 2; i >= 0; i--) {
    const above = nearestUpsampled(fused[i + 1], strides[i + 1] / strides[i], `head_up_${strides[i]}`)
    fused[i] = on(tf.layers.add({ name: `head_fused_${strides[i]}` }), [fused[i], above])
  }
  const tower = Array.from({ length: TOWER }, (_, i) =>
    separable(`head_tower_${i + 1}`, channels, rng),
  ).flat()
  const output = outputLayer(units)
  const levels = fused.map((map, i) => {
    const answers = on(
      output,
      tower.reduce((x, layer) => on(layer, x), map),
    )
    const [height, width] = answers.shape.slice(1).map(Number)
    const name = `head_places_${strides[i]}`
    return on(tf.layers.reshape({ targetShape: [height * width, units], name }), answers)
  })
  startAt(output, start)
  return levels.length === 1 ? levels[0] : on(tf.layers.concatenate({ axis: 1, name: 'head_places' }), levels)
}

/**
 * One vector for every place of the finest map, [H/stride, W/stride, units]: LR-ASPP (Howard et al. 2019, Searching for
 * MobileNetV3) with pooling over the whole map and without batch normalisation; the sum of its two classifiers is one on
 * both maps side by side. Maps between the finest and the coarsest join as they are.
 * @param maps [H/stride, W/stride, C], one a stride
 */
export function segmentationHead(
  maps: readonly tf.SymbolicTensor[],
  { units, strides, start, rng, channels = 128 }: DenseHeadOptions,
): tf.SymbolicTensor {
  const coarse = maps[maps.length - 1]
  const values = on(
    tf.layers.reLU({ name: 'head_aspp_relu' }),
    on(pointwise('head_aspp', channels, rng), coarse),
  )
  const gated = on(tf.layers.multiply({ name: 'head_gated' }), [values, gate(coarse, channels, rng)])
  const joined = [...maps.slice(0, -1), gated].map((map, i) =>
    bilinearUpsampled(map, strides[i] / strides[0], `head_up_${strides[i]}`),
  )
  const output = outputLayer(units)
  const answers = on(
    output,
    joined.length === 1 ? joined[0] : on(tf.layers.concatenate({ name: 'head_joined' }), joined),
  )
  startAt(output, start)
  return answers
}

/** How much of each channel counts, [1, 1, channels], by the mean of a map. */
function gate(map: tf.SymbolicTensor, channels: number, rng: Rng): tf.SymbolicTensor {
  const pooled = on(tf.layers.globalAveragePooling2d({ name: 'head_pool' }), map)
  const dense = tf.layers.dense({ units: channels, name: 'head_gate', kernelInitializer: glorot(rng) })
  const opened = on(
    tf.layers.activation({ activation: 'sigmoid', name: 'head_gate_sigmoid' }),
    on(dense, pooled),
  )
  return on(tf.layers.reshape({ targetShape: [1, 1, channels], name: 'head_gate_place' }), opened)
}

function pointwise(name: string, filters: number, rng: Rng): tf.layers.Layer {
  return tf.layers.conv2d({ filters, kernelSize: 1, name, kernelInitializer: glorot(rng) })
}

/** A depthwise convolution and one over channels, then ReLU. */
function separable(name: string, channels: number, rng: Rng): readonly tf.layers.Layer[] {
  return [
    tf.layers.depthwiseConv2d({
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      depthwiseInitializer: glorot(rng),
      name: `${name}_depthwise`,
    }),
    pointwise(name, channels, rng),
    tf.layers.reLU({ name: `${name}_relu` }),
  ]
}

function outputLayer(units: number): tf.layers.Layer {
  return tf.layers.conv2d({ filters: units, kernelSize: 1, name: 'head_output', kernelInitializer: 'zeros' })
}

/** The bias of a layer that is built. */
function startAt(layer: tf.layers.Layer, start: Float32Array): void {
  tf.tidy(() => {
    layer.setWeights([layer.getWeights()[0], tf.tensor1d(start)])
  })
}
