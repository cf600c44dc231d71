import type { Graph, GraphNode } from './graph.ts'

/**
 * Forward FLOPs of every node for one clip (a multiply-add counts two). A backward pass costs the forward once
 * for the gradient of the input and once more for that of the weights.
 */
export function nodeFlops(graph: Graph): readonly number[] {
  const frames = timeSteps(graph)
  return graph.nodes.map(node => flopsOf(graph, node) * (node.perFrame ? frames : 1))
}

/** T of the clip that the graph takes, 1 where it folds no time. */
export function timeSteps(graph: Graph): number {
  const fold = graph.nodes.find(node => node.kind === 'fold')
  return fold === undefined ? 1 : (graph.nodes[fold.inputs[0].node].shapes[0][0] ?? 1)
}

function flopsOf(graph: Graph, node: GraphNode): number {
  const layer = node.layer
  if (layer === undefined) return 0
  const output = size(node.shapes[0])
  const kernel = layer.weights[0]?.shape ?? []
  switch (layer.getClassName()) {
    case 'Conv1D':
    case 'Conv2D':
    case 'Conv3D':
      return 2 * output * size(kernel.slice(0, -1))
    case 'DepthwiseConv2D':
      return 2 * output * size(kernel.slice(0, 2))
    case 'SeparableConv2D': {
      const pointwise = layer.weights[1]?.shape ?? []
      const positions = output / (node.shapes[0].at(-1) ?? 1)
      return 2 * positions * (size(kernel.slice(0, 2)) * size(kernel.slice(2)) + size(pointwise))
    }
    case 'Dense':
      return 2 * output * (kernel[0] ?? 1)
    case 'GRU':
    case 'LSTM':
    case 'SimpleRNN':
    case 'Bidirectional': {
      const steps = graph.nodes[node.inputs[0].node].shapes[0][0] ?? 1
      const weights = layer.weights.reduce((sum, weight) => sum + size(weight.shape), 0)
      return 2 * steps * weights
    }
    case 'BatchNormalization':
      return 2 * output
    case 'Embedding':
    case 'Flatten':
    case 'Reshape':
    case 'Dropout':
    case 'ZeroPadding2D':
    case 'Permute':
      return 0
    default:
      return output * Math.max(1, node.inputs.length)
  }
}

export function size(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((product, dimension) => product * (dimension ?? 1), 1)
}
