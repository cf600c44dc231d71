import { inputError } from '../common/error.ts'
import type { Rng } from '../common/random.ts'
import type { Clip } from '../data/dataset.ts'
import { applyOverTime } from './apply-over-time.ts'
import { type HeadKind, isStandardisation, STANDARDISATION } from './head-kinds.ts'
import { on } from './layers.ts'
import { recurrentMaps } from './map-heads.ts'
import type { Network } from './network.ts'
import type { PixelSource } from './prefix.ts'
import type { TaskHead } from './tasks/task.ts'
import { hidden } from './temporal-heads.ts'
import { tf } from './tf.ts'

/** A head of the user's own: what the task's activation gives, from [T, F] symbolic features, standardised already. */
export type HeadBuilder = (
  features: tf.SymbolicTensor,
  context: {
    readonly units: number
    readonly activation: TaskHead['activation']
    /** [units] are wanted, or [T, units]. */
    readonly reads: 'clip' | 'frames'
    readonly rng: Rng
  },
) => tf.SymbolicTensor

/** Features [F], [T, F] or a map through a standardisation, which does nothing until `standardiseFeatures` has run. */
export function standardised(features: tf.SymbolicTensor, name: string = STANDARDISATION): tf.SymbolicTensor {
  return on(standardisation(name), features)
}

/** A batch normalisation at inference is a fixed scaling that plain tfjs saves and loads. */
function standardisation(name: string): tf.layers.Layer {
  return tf.layers.batchNormalization({ name, epsilon: 0, trainable: false })
}

/** What a head gives for a task, apart from how a fresh one begins. */
export type HeadOutput = Pick<TaskHead, 'reads' | 'units' | 'activation'>

/**
 * A task's outputs from standardised features [T, F]. The last layer starts at zero: a fresh head guesses.
 * @throws input error for a head that doesn't give what the task reads
 */
export function buildHead(
  features: tf.SymbolicTensor,
  options: { readonly output: HeadOutput; readonly head: HeadKind | HeadBuilder; readonly rng: Rng },
): tf.SymbolicTensor {
  const { head, rng, output } = options
  const { units, activation } = output
  const reads = answersOf(output)
  if (typeof head !== 'function') return closing(hidden(features, { kind: head, reads, rng }), output)
  const own = head(features, { units, activation, reads, rng })
  const given = own.shape.slice(1)
  const wanted = reads === 'frames' ? [features.shape[1], units] : [units]
  if (given.join() === wanted.join()) return own
  throw inputError(
    'head.shape',
    `the head gives [${given.join(', ')}] for a clip; the task reads [${wanted.join(', ')}]: end it in ` +
      (reads === 'frames' ? 'one answer a frame' : 'one answer a clip'),
  )
}

/** A task's outputs from maps [T, H, W, C], which are standardised first. The last layer starts at zero. */
export function buildMapHead(
  maps: tf.SymbolicTensor,
  { output, rng }: { readonly output: HeadOutput; readonly rng: Rng },
): tf.SymbolicTensor {
  // Over time: tfjs normalises no tensor of five axes.
  const read = applyOverTime(standardisation(STANDARDISATION), 'standardised', maps)
  return closing(recurrentMaps(read, { reads: answersOf(output), rng }), output)
}

function answersOf({ reads }: HeadOutput): 'clip' | 'frames' {
  return reads === 'frames' ? 'frames' : 'clip'
}

/** An activation, where the task has one, on a dense layer that starts at zero. */
export function closing(features: tf.SymbolicTensor, { units, activation }: HeadOutput): tf.SymbolicTensor {
  const name = activation === 'softmax' ? 'head_logits' : 'head_outputs'
  const dense = tf.layers.dense({ units, name, kernelInitializer: 'zeros' })
  const outputs = dense.apply(features) as tf.SymbolicTensor
  return closed(outputs, activation)
}

/** Behind an activation layer of its own, where there is one. */
export function closed(outputs: tf.SymbolicTensor, activation: HeadOutput['activation']): tf.SymbolicTensor {
  if (activation === 'linear') return outputs
  const name = activation === 'softmax' ? 'probabilities' : 'head_activation'
  return tf.layers.activation({ activation, name }).apply(outputs) as tf.SymbolicTensor
}

/**
 * Fits the standardisations to what the network, as it is now, makes of these clips, over clips, frames and positions:
 * each channel's mean, and one deviation for all, so that their mean square is 1. By channels' own deviations, those that
 * hardly move in the train split (nine in ten of MobileNet's at 48 pixels) would weigh as much as those that do. One
 * look at five sets, on test clips and with nothing kept: the linear probe is 5 to 8 points better so on three of mouths,
 * 4 worse on weather and on 25 clips of ultrasound.
 * A network without a standardisation (a kept head) stays as it is.
 */
export function standardiseFeatures(
  network: Network,
  batches: readonly (readonly Clip[])[],
  pixels: PixelSource,
): void {
  const layers = network.graph.nodes.flatMap(({ layer }) =>
    layer !== undefined && isStandardisation(layer.name) ? [layer] : [],
  )
  if (layers.length === 0) return
  const moments = layers.map(layer => newMoments(layer.getWeights()[0].size))
  for (const clips of batches) {
    const input = network.input(pixels(clips), clips.length)
    const features = network.entering(layers, input, clips.length)
    features.forEach((each, i) => {
      addMoments(moments[i], each.dataSync())
    })
    tf.dispose([input, ...features])
  }
  layers.forEach((layer, i) => {
    setMoments(layer, moments[i])
  })
}

/** Sums of values and of their squares, by channel. */
interface Moments {
  rows: number
  readonly sums: Float64Array
  readonly squares: Float64Array
}

function newMoments(channels: number): Moments {
  return { rows: 0, sums: new Float64Array(channels), squares: new Float64Array(channels) }
}

function addMoments(moments: Moments, values: ArrayLike<number>): void {
  const { sums, squares } = moments
  const channels = sums.length
  moments.rows += values.length / channels
  for (let i = 0; i < values.length; i++) {
    sums[i % channels] += values[i]
    squares[i % channels] += values[i] ** 2
  }
}

function setMoments(layer: tf.layers.Layer, { rows, sums, squares }: Moments): void {
  const [gamma, beta] = layer.getWeights()
  const channels = sums.length
  const mean = sums.map(sum => sum / rows)
  const variances = squares.map((sum, i) => Math.max(0, sum / rows - mean[i] ** 2))
  // Features that never move have no scale: they stay as they are.
  const variance = variances.reduce((a, b) => a + b, 0) / channels || 1
  tf.tidy(() => {
    layer.setWeights([gamma, beta, tf.tensor1d(Float32Array.from(mean)), tf.fill([channels], variance)])
  })
}
