import type { Graph, GraphNode, Layer } from './graph.ts'
import { SCALING_LAYER } from './scaling.ts'

/** FLOPs of one node for one clip; a multiply-add counts two. */
export interface NodeFlops {
  readonly forward: number
  /** Backwards, for the gradient of its input. */
  readonly input: number
  /** Backwards, for the gradient of its weights. */
  readonly weights: number
  /** Backwards, for gradients inside it that both need: between a recurrent layer's steps or a separable convolution's halves. */
  readonly inside: number
}

export function nodeFlops(graph: Graph): readonly NodeFlops[] {
  const frames = timeSteps(graph)
  return graph.nodes.map(node => {
    const { forward, input = forward, weights = forward, inside = 0 } = flopsOf(graph, node)
    const times = node.perFrame ? frames : 1
    return {
      forward: forward * times,
      input: input * times,
      weights: weights * times,
      inside: inside * times,
    }
  })
}

/**
 * FLOPs of a training step, node by node: forwards from the lowest trained group on, and backwards for the gradients
 * of trained weights and of what lies between them and the output.
 * @param groups each node's layer group; -1 where it has none
 */
export function stepFlops(
  graph: Graph,
  costs: readonly NodeFlops[],
  groups: readonly number[],
  trained: readonly boolean[],
): readonly number[] {
  const from = trained.indexOf(true)
  const active: boolean[] = []
  return graph.nodes.map((node, index) => {
    const runs = from >= 0 && groups[index] >= from
    const learns = runs && trained[groups[index]] && learnedWeights(node).length > 0
    const reached = node.inputs.some(ref => active[ref.node])
    active.push(learns || reached)
    if (!runs) return 0
    const { forward, input, weights, inside } = costs[index]
    return forward + (reached ? input : 0) + (learns ? weights : 0) + (learns || reached ? inside : 0)
  })
}

/** What a gradient step may change; nothing in the fixed scaling of pixels. */
export function learnedWeights({ layer }: GraphNode): Layer['trainableWeights'] {
  return layer === undefined || layer.name === SCALING_LAYER ? [] : layer.trainableWeights
}

/** T of the clip that the graph takes, 1 where it folds no time. */
export function timeSteps(graph: Graph): number {
  const fold = graph.nodes.find(node => node.kind === 'fold')
  return fold === undefined ? 1 : (graph.nodes[fold.inputs[0].node].shapes[0][0] ?? 1)
}

export function size(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((product, dimension) => product * (dimension ?? 1), 1)
}

/** Backwards as much again for the input and for the weights, where nothing else is said. */
type Flops = Pick<NodeFlops, 'forward'> & Partial<NodeFlops>

function flopsOf(graph: Graph, { layer, inputs, shapes }: GraphNode): Flops {
  if (layer === undefined) return { forward: 0 }
  const output = size(shapes[0])
  const input = graph.nodes[inputs[0].node].shapes[inputs[0].output]
  const [kernel, second] = layer.weights.map(weight => weight.shape)
  switch (layer.getClassName()) {
    case 'Conv1D':
    case 'Conv2D':
    case 'Conv3D':
    case 'Dense':
      return { forward: 2 * output * size(kernel.slice(0, -1)) }
    case 'Conv2DTranspose':
    case 'Conv3DTranspose':
      return { forward: 2 * size(input.slice(0, -1)) * size(kernel) }
    case 'DepthwiseConv2D':
      return { forward: 2 * output * size(kernel.slice(0, 2)) }
    case 'SeparableConv2D': {
      const positions = size(shapes[0].slice(0, -1))
      const [depthwise, pointwise] = [kernel, second].map(weights => 2 * positions * size(weights))
      return { forward: depthwise + pointwise, input: depthwise, inside: pointwise }
    }
    case 'Bidirectional':
    case 'GRU':
    case 'LSTM':
    case 'SimpleRNN':
      return recurrentFlops(layer, input[0] ?? 1)
    case 'ConvLSTM2D':
      return recurrentFlops(layer, input[0] ?? 1, size(shapes[0].slice(-3, -1)))
    case 'BatchNormalization':
      return { forward: 2 * output }
    case 'AveragePooling1D':
    case 'AveragePooling2D':
    case 'AveragePooling3D':
    case 'MaxPooling1D':
    case 'MaxPooling2D':
    case 'MaxPooling3D':
      return { forward: output * size((layer as unknown as { poolSize: number[] }).poolSize) }
    case 'GlobalAveragePooling1D':
    case 'GlobalAveragePooling2D':
    case 'GlobalMaxPooling1D':
    case 'GlobalMaxPooling2D':
      return { forward: size(input) }
    case 'Concatenate':
    case 'Cropping2D':
    case 'Dropout':
    case 'Embedding':
    case 'Flatten':
    case 'Permute':
    case 'RepeatVector':
    case 'Reshape':
    case 'UpSampling2D':
    case 'ZeroPadding2D':
      return { forward: 0 }
    default:
      return { forward: output * Math.max(1, inputs.length - 1) }
  }
}

/**
 * The states before the first step are constants: nothing flows back to them, except that a GRU's reset gate needs
 * the gradient of the candidate's product with them.
 */
function recurrentFlops(layer: Layer, steps: number, positions = 1): Flops {
  let [kernels, states, first] = [0, 0, 0]
  for (const { originalName, shape } of layer.weights) {
    const product = 2 * positions * size(shape)
    if (originalName.endsWith('/recurrent_kernel')) {
      const [units, gates] = shape.slice(-2).map(Number)
      states += product
      first += gates === 3 * units ? (2 * product) / 3 : product
    } else if (shape.length > 1) kernels += product
  }
  return {
    forward: steps * (kernels + states),
    input: steps * kernels,
    inside: steps * states - first,
  }
}
