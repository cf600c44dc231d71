import type { Graph } from './graph.ts'
import { tf } from './tf.ts'

/** The name by which training recognises the fixed scaling of pixels, which it never changes. */
export const SCALING_LAYER = 'input_scaling'

/** y = pixel·scale + shift, pixel in 0..255, per channel. */
export interface InputScaling {
  readonly id: string
  readonly description: string
  readonly scale: readonly [number, number, number]
  readonly shift: readonly [number, number, number]
}

const IMAGENET_MEAN = [0.485, 0.456, 0.406]
const IMAGENET_STD = [0.229, 0.224, 0.225]

/** Pixels as they are: what a model with a Rescaling layer of its own takes. */
export const RAW = uniform('0..255', 1, 0, 'pixels as they are (networks that rescale by themselves)')

/** What pretrained image networks expect of their pixels. */
export const SCALINGS: readonly InputScaling[] = [
  uniform('0..1', 1 / 255, 0, 'divided by 255'),
  uniform('-1..1', 1 / 127.5, -1, 'divided by 127.5, less 1 (MobileNet, Inception, EfficientNet V2)'),
  {
    id: 'imagenet',
    description: "less ImageNet's mean, over its deviation, by channel (torchvision's networks)",
    scale: IMAGENET_STD.map(std => 1 / (255 * std)) as unknown as [number, number, number],
    shift: IMAGENET_MEAN.map((mean, i) => -mean / IMAGENET_STD[i]) as unknown as [number, number, number],
  },
  RAW,
]

function uniform(id: string, scale: number, shift: number, description: string): InputScaling {
  return { id, description, scale: [scale, scale, scale], shift: [shift, shift, shift] }
}

/** How often smaller a divergence must be than the next one's for a guess to be a clear one. */
const CLEAR = 1.25
/** How often better pixels as they are must fit than with a photograph's contrast, to be what a network was trained on. */
const AT_HOME = 5
/** Grey levels: ImageNet's mean and deviation, over channels. */
const PHOTOGRAPH = { mean: 255 * average(IMAGENET_MEAN), deviation: 255 * average(IMAGENET_STD) }

type Pixels = {
  readonly data: Uint8Array
  readonly shape: readonly [number, number, number, number]
}

/** A guess, by what it was made, and the next one where that is as good as. */
export interface DetectedScaling {
  readonly scaling: InputScaling
  /** By scaling, of the pixels that the guess was made by. */
  readonly divergences: Readonly<Record<string, number>>
  readonly rival?: InputScaling
}

/**
 * Which scaling a network was trained with, read from its first batch normalisation: under the right one, the
 * statistics of frames there come nearest to the stored moving mean and variance (KL divergence between normal
 * distributions, mean over channels). A scaling's gain looks like contrast, so that dull frames would speak for too
 * large a one: they are given a photograph's mean and contrast first, unless they fit far better as they are.
 * @param pixels [N, H, W, C] uint8 frames
 * @returns undefined when the network has no batch normalisation to ask, or the frames are of one colour
 */
export function detectScaling(graph: Graph, pixels: Pixels): DetectedScaling | undefined {
  const target = graph.nodes.findIndex(node => node.layer?.getClassName() === 'BatchNormalization')
  if (target < 0) return undefined
  const chain = pathFromInput(graph, target)
  if (chain === undefined) return undefined
  const [mean, deviation] = meanAndDeviation(pixels.data)
  if (deviation === 0) return undefined
  const gain = PHOTOGRAPH.deviation / deviation
  const own = Float32Array.from(pixels.data)
  const likePhotographs = own.map(pixel => (pixel - mean) * gain + PHOTOGRAPH.mean)
  const [asIs, alike] = [own, likePhotographs].map(values =>
    divergencesAt(graph, chain, target, tf.tensor4d(values, [...pixels.shape])),
  )
  return guess(least(alike) > AT_HOME * least(asIs) ? asIs : alike)
}

/** By scaling, how far statistics of pixels at a batch normalisation are from those that it stored; the pixels go. */
function divergencesAt(
  graph: Graph,
  chain: readonly number[],
  target: number,
  pixels: tf.Tensor4D,
): Readonly<Record<string, number>> {
  const channels = pixels.shape[3]
  const [storedMean, storedVariance] = (graph.nodes[target].layer?.getWeights() ?? [])
    .slice(-2)
    .map(weight => weight.dataSync())
  const under = ({ scale, shift }: InputScaling) => {
    let x: tf.Tensor = pixels
      .mul(tf.tensor1d(scale.slice(0, channels)))
      .add(tf.tensor1d(shift.slice(0, channels)))
    for (const index of chain) x = graph.nodes[index].layer?.apply(x) as tf.Tensor
    const { mean, variance } = tf.moments(x, [0, 1, 2])
    return divergence(mean.dataSync(), variance.dataSync(), storedMean, storedVariance)
  }
  const divergences = SCALINGS.map(scaling => [scaling.id, tf.tidy(() => under(scaling))] as const)
  pixels.dispose()
  return Object.fromEntries(divergences)
}

function guess(divergences: Readonly<Record<string, number>>): DetectedScaling {
  const [scaling, next] = [...SCALINGS].sort((a, b) => divergences[a.id] - divergences[b.id])
  const clear = divergences[next.id] > CLEAR * divergences[scaling.id]
  return { scaling, divergences, ...(clear ? {} : { rival: next }) }
}

function least(divergences: Readonly<Record<string, number>>): number {
  return Math.min(...Object.values(divergences))
}

function meanAndDeviation(values: Uint8Array): readonly [number, number] {
  const mean = average(values)
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  return [mean, Math.sqrt(variance)]
}

function average(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return sum / values.length
}

/** KL(N(m, v) ‖ N(M, V)), mean over channels. */
function divergence(
  m: ArrayLike<number>,
  v: ArrayLike<number>,
  M: ArrayLike<number>,
  V: ArrayLike<number>,
): number {
  const epsilon = 1e-3
  let sum = 0
  for (let i = 0; i < m.length; i++) {
    const variance = v[i] + epsilon
    const stored = V[i] + epsilon
    sum += 0.5 * (Math.log(stored / variance) + (variance + (m[i] - M[i]) ** 2) / stored - 1)
  }
  return sum / m.length
}

/** The nodes between the input and `target`, when they form a chain. */
function pathFromInput(graph: Graph, target: number): number[] | undefined {
  const path: number[] = []
  let node = graph.nodes[target]
  while (node.inputs.length === 1) {
    const next = node.inputs[0].node
    node = graph.nodes[next]
    if (node.kind === 'input') return path.reverse()
    if (node.layer === undefined) return undefined
    path.push(next)
  }
  return undefined
}
