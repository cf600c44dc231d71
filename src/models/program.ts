import { consumerCounts, type Graph, type GraphNode, type Layer } from './graph.ts'
import { isStandardisation } from './head-kinds.ts'
import type { Activation, ConvolutionSpec } from './kernels.ts'
import { isPlainRecurrence } from './recurrence/plain.ts'

/** One step of execution: a node, or several that run as one piece. Its result is the last node's output. */
export interface Operation {
  readonly kind: 'node' | 'convolution' | 'activation' | 'batchNorm' | 'dropout' | 'recurrence' | 'upsampling'
  /** The nodes covered, in order. */
  readonly nodes: readonly number[]
  /** Node whose value the operation reads (single-input kinds). */
  readonly input: number
  readonly layers: {
    readonly convolution?: Layer
    readonly norm?: Layer
  }
  readonly spec?: ConvolutionSpec
  readonly activation: Activation
}

/** The node whose value an operation gives. */
export function resultOf({ nodes }: Operation): number {
  return nodes[nodes.length - 1]
}

/**
 * Groups a graph's nodes into operations: ZeroPadding2D → convolution → BatchNormalization → ReLU chains become
 * one, as far as no one else reads what lies between.
 */
export function compile(graph: Graph): readonly Operation[] {
  const consumers = consumerCounts(graph)
  const follower = (index: number): number | undefined => {
    if (consumers[index] !== 1) return undefined
    const next = graph.nodes.findIndex(node => node.inputs.length === 1 && node.inputs[0].node === index)
    return next < 0 ? undefined : next
  }
  const operations: Operation[] = []
  const covered = new Set<number>()
  for (const [index, node] of graph.nodes.entries()) {
    if (covered.has(index) || node.kind === 'input') continue
    const operation = convolutionChain(graph, index, follower) ?? single(node, index)
    for (const i of operation.nodes) covered.add(i)
    operations.push(operation)
  }
  return operations
}

function convolutionChain(
  graph: Graph,
  start: number,
  follower: (index: number) => number | undefined,
): Operation | undefined {
  const nodes = [start]
  let padding: readonly [number, number, number, number] | undefined
  let node = graph.nodes[start]
  if (className(node) === 'ZeroPadding2D') {
    const next = follower(start)
    if (
      next === undefined ||
      !isConvolution(graph.nodes[next]) ||
      config(graph.nodes[next]).padding !== 'valid'
    ) {
      return undefined
    }
    const [[top, bottom], [left, right]] = (
      node.layer as unknown as { padding: [[number, number], [number, number]] }
    ).padding
    padding = [top, bottom, left, right]
    nodes.push(next)
    node = graph.nodes[next]
  }
  if (!isConvolution(node)) return undefined
  const convolution = node.layer
  const settings = config(node)
  let activation = activationOf(settings.activation)
  let norm: Layer | undefined
  if (activation === undefined) return undefined
  if (activation === 'linear') {
    const next = follower(nodes[nodes.length - 1])
    if (
      next !== undefined &&
      className(graph.nodes[next]) === 'BatchNormalization' &&
      normalisesLast(graph.nodes[next]) &&
      !isStandardisation(graph.nodes[next].name)
    ) {
      norm = graph.nodes[next].layer
      nodes.push(next)
    }
    const after = follower(nodes[nodes.length - 1])
    const following = after === undefined ? undefined : activationNode(graph.nodes[after])
    if (after !== undefined && following !== undefined) {
      nodes.push(after)
      activation = following
    }
  }
  return {
    kind: 'convolution',
    nodes,
    input: graph.nodes[start].inputs[0].node,
    layers: { convolution, norm },
    activation,
    spec: {
      depthwise: className(node) === 'DepthwiseConv2D',
      strides: pair(settings.strides),
      dilations: pair(settings.dilationRate),
      padding: padding ?? (settings.padding === 'same' ? 'same' : 'valid'),
    },
  }
}

function single(node: GraphNode, index: number): Operation {
  const common = { nodes: [index], input: node.inputs[0].node, layers: {}, activation: 'linear' as const }
  const activation = activationNode(node)
  if (activation !== undefined) return { ...common, kind: 'activation', activation }
  if (className(node) === 'BatchNormalization' && normalisesLast(node)) {
    return { ...common, kind: 'batchNorm', layers: { norm: node.layer } }
  }
  if (isPlainRecurrence(node)) return { ...common, kind: 'recurrence' }
  if (className(node) === 'Dropout') return { ...common, kind: 'dropout' }
  if (isNearestUpsampling(node)) return { ...common, kind: 'upsampling' }
  return { ...common, kind: 'node' }
}

/** Only unweighted, unregularised forms that TensorFlow's kernels cover exactly. */
function isConvolution(node: GraphNode): boolean {
  const name = className(node)
  if (!['Conv1D', 'Conv2D', 'DepthwiseConv2D'].includes(name)) return false
  const { dataFormat, padding, strides } = config(node)
  const [rows, columns] = pair(strides)
  return dataFormat !== 'channelsFirst' && (padding === 'same' || padding === 'valid') && rows === columns
}

function isNearestUpsampling(node: GraphNode): boolean {
  if (className(node) !== 'UpSampling2D') return false
  const { interpolation, dataFormat } = (node.layer?.getConfig() ?? {}) as Record<string, unknown>
  return interpolation === 'nearest' && dataFormat !== 'channelsFirst'
}

function activationNode(node: GraphNode): 'relu' | 'relu6' | undefined {
  if (className(node) === 'ReLU') {
    const { maxValue } = (node.layer?.getConfig() ?? {}) as { maxValue?: number | null }
    if (maxValue === undefined || maxValue === null) return 'relu'
    return maxValue === 6 ? 'relu6' : undefined
  }
  if (className(node) !== 'Activation') return undefined
  const activation = activationOf(node.layer?.getConfig().activation)
  return activation === 'linear' ? undefined : activation
}

function activationOf(value: unknown): Activation | undefined {
  if (value === undefined || value === null || value === 'linear') return 'linear'
  return value === 'relu' || value === 'relu6' ? value : undefined
}

function normalisesLast(node: GraphNode): boolean {
  const { axis } = (node.layer?.getConfig() ?? {}) as { axis: number | number[] }
  const rank = node.shapes[0].length + 1
  const last = Array.isArray(axis) ? axis[0] : axis
  return last === -1 || last === rank - 1
}

interface ConvolutionConfig {
  readonly padding: string
  readonly strides: number | number[]
  readonly dilationRate: number | number[]
  readonly dataFormat: string
  readonly activation: unknown
}

function config(node: GraphNode): ConvolutionConfig {
  return node.layer?.getConfig() as unknown as ConvolutionConfig
}

function pair(value: number | readonly number[]): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : [value[0], value[1] ?? value[0]]
}

function className(node: GraphNode): string {
  return node.kind === 'layer' ? (node.layer?.getClassName() ?? '') : ''
}
