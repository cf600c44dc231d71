import { inputError } from '../common/error.ts'
import { cutPlaces } from './cut-places.ts'
import { isDropout, isMap, isOutputConvolution, poolsToOne } from './features.ts'
import { ancestors, type Graph, type GraphNode, type Ref } from './graph.ts'
import { compile, resultOf } from './program.ts'

/**
 * An image network's maps [H/stride, W/stride, C] of the strides wanted, in their order: of each stride the last before
 * the network's own head, outside residual blocks where there is one.
 * @throws input error that says which strides the network offers
 */
export function findFeatureMaps(graph: Graph, strides: readonly number[]): readonly Ref[] {
  const maps = lastMaps(graph)
  return strides.map(stride => {
    const node = maps.get(stride)
    if (node !== undefined) return { node, output: 0 }
    const offered = offeredStrides(graph)
    const instead = offered.length === 0 ? 'none' : `those of ${offered.join(', ')}`
    throw inputError(
      'model.strides',
      `the model has no map of stride ${stride} (pixels to a place), which the task's head reads; it offers ${instead}: ` +
        'take a network that goes through that stride',
    )
  })
}

/** Strides of an image network's maps, ascending. */
export function offeredStrides(graph: Graph): readonly number[] {
  return [...lastMaps(graph).keys()].sort((a, b) => a - b)
}

/** The last map of each stride on the way to the deepest one. */
function lastMaps(graph: Graph): ReadonlyMap<number, number> {
  const strides = cumulativeStrides(graph)
  const end = deepest(
    graph.outputs.flatMap(output => finalMaps(graph, output.node)),
    strides,
  )
  if (end === undefined) return new Map()
  const [trunk, original] = truncated(graph, end)
  const operations = compile(trunk)
  const places = new Set(cutPlaces(trunk, operations))
  const last = new Map<number, { readonly node: number; readonly outside: boolean }>()
  operations.forEach((operation, index) => {
    const node = original[resultOf(operation)]
    const stride = strides[node]
    if (stride === undefined || !isMap(graph.nodes[node]) || changesBorders(graph.nodes[node])) return
    const outside = places.has(index + 1) || index === operations.length - 1
    if (outside || last.get(stride)?.outside !== true) last.set(stride, { node, outside })
  })
  return new Map([...last].map(([stride, { node }]) => [stride, node]))
}

/** The maps that an output is made of, without the convolution that makes it of each. */
function finalMaps(graph: Graph, node: number): readonly number[] {
  const own = graph.nodes[node]
  if (own.kind === 'input') return []
  if (!isMap(own) || poolsToOne(own) || isDropout(own))
    return own.inputs.flatMap(input => finalMaps(graph, input.node))
  const [before] = own.inputs
  return [isOutputConvolution(own) && isMap(graph.nodes[before.node]) ? before.node : node]
}

function deepest(nodes: readonly number[], strides: readonly (number | undefined)[]): number | undefined {
  return nodes.reduce<number | undefined>((best, node) => {
    const better = best === undefined || (strides[node] ?? 0) >= (strides[best] ?? 0)
    return better ? node : best
  }, undefined)
}

/** The part of a graph that leads to a node, and what its nodes were called before. */
function truncated(graph: Graph, end: number): readonly [Graph, readonly number[]] {
  const original = [...ancestors(graph, [{ node: end, output: 0 }])].sort((a, b) => a - b)
  const index = new Map(original.map((node, i) => [node, i]))
  const follow = ({ node, output }: Ref): Ref => ({ node: index.get(node) ?? node, output })
  const nodes = original.map(node => ({
    ...graph.nodes[node],
    inputs: graph.nodes[node].inputs.map(follow),
  }))
  return [{ nodes, outputs: [follow({ node: end, output: 0 })] }, original]
}

/** Pixels of the input to a place of each node's map; undefined where that can't be told. */
function cumulativeStrides(graph: Graph): readonly (number | undefined)[] {
  const strides: (number | undefined)[] = []
  for (const node of graph.nodes) {
    const known = node.inputs.map(input => strides[input.node])
    const before = node.inputs.length === 0 ? 1 : Math.max(...known.map(stride => stride ?? Number.NaN))
    const own = before * strideOf(node)
    strides.push(Number.isFinite(own) ? own : undefined)
  }
  return strides
}

function strideOf({ layer }: GraphNode): number {
  const { strides, size } = (layer ?? {}) as { strides?: number | number[]; size?: number | number[] }
  switch (layer?.getClassName()) {
    case 'AveragePooling2D':
    case 'Conv2D':
    case 'DepthwiseConv2D':
    case 'MaxPooling2D':
    case 'SeparableConv2D':
      return [strides ?? 1].flat()[0]
    case 'Conv2DTranspose':
      return 1 / [strides ?? 1].flat()[0]
    case 'UpSampling2D':
      return 1 / [size ?? 1].flat()[0]
    case 'Reshape':
      return Number.NaN
    default:
      return 1
  }
}

function changesBorders({ layer }: GraphNode): boolean {
  return ['Cropping2D', 'ZeroPadding2D'].includes(layer?.getClassName() ?? '')
}
