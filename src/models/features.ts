import { inputError } from '../common/error.ts'
import type { Graph, GraphNode, Ref } from './graph.ts'

const POOLING = new Set([
  'GlobalAveragePooling2D',
  'GlobalMaxPooling2D',
  'AveragePooling2D',
  'MaxPooling2D',
  'Dropout',
  'SpatialDropout2D',
  'Reshape',
  'Flatten',
])

/**
 * Where an image model's features are: the last map [H, W, C] before its own head. The head is what follows
 * the last spatial map, together with pooling down to 1x1, and a closing convolution that is the model's output.
 */
export function findFeatureMap(graph: Graph): Ref {
  let ref = graph.outputs[0]
  let node = graph.nodes[ref.node]
  if (isMap(node) && isOutputConvolution(node)) ref = node.inputs[0]
  for (;;) {
    node = graph.nodes[ref.node]
    if (node.kind === 'input') {
      throw inputError(
        'model.no-features',
        'the model has no feature map [H, W, C] before its output: it is no image network',
      )
    }
    if (isMap(node) && !(poolsToOne(node) || isDropout(node))) return ref
    ref = node.inputs[0]
  }
}

export function isMap(node: GraphNode): boolean {
  return node.shapes[0].length === 3
}

/** A detector or segmenter ends in a convolution that makes boxes or classes: its head, not its features. */
export function isOutputConvolution(node: GraphNode): boolean {
  const layer = node.layer
  return layer?.getClassName() === 'Conv2D' && 'useBias' in layer && layer.useBias === true
}

export function poolsToOne(node: GraphNode): boolean {
  const [height, width] = node.shapes[0]
  return POOLING.has(node.layer?.getClassName() ?? '') && height === 1 && width === 1
}

export function isDropout(node: GraphNode): boolean {
  return (node.layer?.getClassName() ?? '').includes('Dropout')
}
