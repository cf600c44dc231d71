import { inputError } from '../common/error.ts'
import type { Rng } from '../common/random.ts'
import { findFeatureMap } from './features.ts'
import { flattenModel } from './graph.ts'
import { buildHead, type HeadBuilder, type HeadOutput, standardised } from './head.ts'
import type { HeadKind } from './head-kinds.ts'
import { rebuild } from './rebuild.ts'
import { type InputScaling, SCALING_LAYER } from './scaling.ts'
import { tf } from './tf.ts'

export interface ClipModelOptions {
  /** What the task wants of the head. */
  readonly output: HeadOutput
  readonly frames: number
  /** [height, width] of a frame. */
  readonly size: readonly [number, number]
  readonly scaling: InputScaling
  readonly head: HeadKind | HeadBuilder
  /** Initial weights of the head. */
  readonly rng: Rng
}

/**
 * A clip model on a pretrained image network: pixels [T, H, W, C] in 0..255 → scaling → the network's
 * feature map, pooled, on every frame → standardised → head. One tfjs layers model, in plain layers only.
 */
export function buildClipModel(pretrained: tf.LayersModel, options: ClipModelOptions): tf.LayersModel {
  const [height, width] = options.size
  const channels = pretrained.inputs[0].shape[3]
  if (pretrained.inputs[0].shape.length !== 4 || (channels !== 1 && channels !== 3)) {
    throw inputError(
      'model.input-shape',
      `the model takes an input of shape [${pretrained.inputs[0].shape.slice(1).join(', ')}]; ` +
        'clips need an image model ([height, width, 1 or 3]) or a video model ([frames, height, width, 1 or 3])',
    )
  }
  const graph = flattenModel(pretrained)
  const backbone = rebuild(graph, {
    inputShape: [height, width, channels],
    until: [findFeatureMap(graph)],
    name: 'backbone',
  })
  const pixels = tf.input({ shape: [options.frames, height, width, channels], name: 'clip' })
  const scaled = applyScaling(options.scaling, channels, pixels)
  const maps = applyOverTime(backbone, 'frames', scaled)
  const features = applyOverTime(tf.layers.globalAveragePooling2d({ name: 'pool' }), 'pooled', maps)
  const output = buildHead(standardised(features), options)
  return tf.model({ inputs: pixels, outputs: output, name: 'clip_model' })
}

export function applyOverTime(
  layer: tf.layers.Layer,
  name: string,
  input: tf.SymbolicTensor,
): tf.SymbolicTensor {
  return tf.layers.timeDistributed({ layer, name }).apply(input) as tf.SymbolicTensor
}

/** y = x·scale + shift per channel: a fixed 1x1 depthwise convolution, since plain tfjs has no scaling layer. */
export function applyScaling(
  scaling: InputScaling,
  channels: number,
  pixels: tf.SymbolicTensor,
): tf.SymbolicTensor {
  const layer = tf.layers.depthwiseConv2d({ kernelSize: 1, name: SCALING_LAYER })
  // Built where it is applied: only then do its weights have the names that loading the model gives them.
  const scaled = applyOverTime(layer, 'scaling', pixels)
  tf.tidy(() => {
    const scale = channels === 1 ? [mean(scaling.scale)] : scaling.scale
    const shift = channels === 1 ? [mean(scaling.shift)] : scaling.shift
    layer.setWeights([tf.tensor4d([...scale], [1, 1, channels, 1]), tf.tensor1d([...shift])])
  })
  layer.trainable = false
  return scaled
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length
}
