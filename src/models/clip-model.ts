import { inputError } from '../common/error.ts'
import type { Rng } from '../common/random.ts'
import { applyOverTime } from './apply-over-time.ts'
import { findFeatureMaps } from './feature-maps.ts'
import { findFeatureMap } from './features.ts'
import { flattenModel } from './graph.ts'
import { buildHead, buildMapHead, closed, type HeadBuilder, type HeadOutput, standardised } from './head.ts'
import { type HeadKind, STANDARDISATION } from './head-kinds.ts'
import { rebuild } from './rebuild.ts'
import { type InputScaling, SCALING_LAYER } from './scaling.ts'
import type { MapsHead } from './tasks/task.ts'
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
 * feature map, pooled, on every frame → standardised → head; or → the maps that the task's head reads, standardised →
 * that head, all of it on every frame. One tfjs layers model, in plain layers only.
 * @throws input error where the network or the size doesn't give the maps
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
  const pixels = tf.input({ shape: [options.frames, height, width, channels], name: 'clip' })
  const scaled = applyScaling(options.scaling, channels, pixels)
  const { reads } = options.output
  const output =
    typeof reads === 'object'
      ? closed(
          applyOverTime(framesToAnswers(pretrained, reads, options), 'frames', scaled),
          options.output.activation,
        )
      : headOverFrames(lastMaps(pretrained, options, scaled), options)
  return tf.model({ inputs: pixels, outputs: output, name: 'clip_model' })
}

/** A head on the maps [T, H, W, C], or on them averaged over places, [T, C]; standardised first. */
function headOverFrames(maps: tf.SymbolicTensor, options: ClipModelOptions): tf.SymbolicTensor {
  if (options.head === 'conv-lstm') return buildMapHead(maps, options)
  const features = applyOverTime(tf.layers.globalAveragePooling2d({ name: 'pool' }), 'pooled', maps)
  return buildHead(standardised(features), options)
}

/** [T, H, W, C]: the network's last map on every frame. */
function lastMaps(
  pretrained: tf.LayersModel,
  { size }: ClipModelOptions,
  scaled: tf.SymbolicTensor,
): tf.SymbolicTensor {
  const graph = flattenModel(pretrained)
  const backbone = rebuild(graph, {
    inputShape: [...size, pretrained.inputs[0].shape[3]],
    until: [findFeatureMap(graph)],
    name: 'backbone',
  })
  return applyOverTime(backbone, 'frames', scaled)
}

/** One frame through the backbone to the maps that a head reads, each standardised, and through that head. */
function framesToAnswers(
  pretrained: tf.LayersModel,
  { strides, build }: MapsHead,
  { size, rng }: ClipModelOptions,
): tf.LayersModel {
  refuseIndivisible(size, strides)
  const graph = flattenModel(pretrained)
  const until = findFeatureMaps(graph, strides)
  const backbone = rebuild(graph, {
    inputShape: [...size, pretrained.inputs[0].shape[3]],
    until,
    name: 'backbone',
  })
  const maps = until.map(({ node }, i) => {
    refuseBorders(backbone.outputs[i], graph.nodes[node].name, size, strides[i])
    return standardised(backbone.outputs[i], `${STANDARDISATION}_${strides[i]}`)
  })
  return tf.model({ inputs: backbone.inputs, outputs: build(maps, { rng }), name: 'frame_model' })
}

/** @throws input error that names the sizes next to one that the strides don't divide */
function refuseIndivisible(size: readonly number[], strides: readonly number[]): void {
  const largest = Math.max(...strides)
  const side = size.find(length => length % largest !== 0)
  if (side === undefined) return
  const below = Math.floor(side / largest) * largest
  const near = below === 0 ? `${largest}` : `${below} or ${below + largest}`
  throw inputError(
    'model.size',
    `an input of ${size.join('x')} has no whole maps of stride ${largest}, which the task's head reads: take --size ${near}`,
  )
}

/** @throws input error for a map that lost places at its borders */
function refuseBorders(map: tf.SymbolicTensor, layer: string, size: readonly number[], stride: number): void {
  const [height, width] = map.shape.slice(1, 3)
  const wanted = size.map(side => side / stride)
  if (height === wanted[0] && width === wanted[1]) return
  throw inputError(
    'model.borders',
    `the map of stride ${stride} (layer '${layer}') has ${height}x${width} places where the task's head needs ${wanted.join('x')}: ` +
      'the network cuts off borders (padding "valid"); take one that pads',
  )
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
