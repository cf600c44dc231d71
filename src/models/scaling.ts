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

/**
 * Which scaling a network was trained with, read from its first batch normalisation: under the right one, the
 * statistics of real frames there come nearest to the stored moving mean and variance (KL divergence between
 * normal distributions, mean over channels).
 * @param pixels [N, H, W, C] uint8 frames
 * @returns undefined when the network has no batch normalisation to ask
 */
export function detectScaling(
  graph: Graph,
  pixels: { readonly data: Uint8Array; readonly shape: readonly [number, number, number, number] },
): { readonly scaling: InputScaling; readonly divergences: Readonly<Record<string, number>> } | undefined {
  const target = graph.nodes.findIndex(node => node.layer?.getClassName() === 'BatchNormalization')
  if (target < 0) return undefined
  const chain = pathFromInput(graph, target)
  if (chain === undefined) return undefined
  const divergences: Record<string, number> = {}
  for (const scaling of SCALINGS) {
    divergences[scaling.id] = tf.tidy(() => {
      const channels = pixels.shape[3]
      let x: tf.Tensor = tf
        .tensor4d(Float32Array.from(pixels.data), [...pixels.shape])
        .mul(tf.tensor1d(scaling.scale.slice(0, channels)))
        .add(tf.tensor1d(scaling.shift.slice(0, channels)))
      for (const index of chain) x = graph.nodes[index].layer?.apply(x) as tf.Tensor
      const { mean, variance } = tf.moments(x, [0, 1, 2])
      const weights = graph.nodes[target].layer?.getWeights() ?? []
      const [storedMean, storedVariance] = weights.slice(-2)
      return divergence(
        mean.dataSync(),
        variance.dataSync(),
        storedMean.dataSync(),
        storedVariance.dataSync(),
      )
    })
  }
  const best = SCALINGS.reduce((a, b) => (divergences[b.id] < divergences[a.id] ? b : a))
  return { scaling: best, divergences }
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
