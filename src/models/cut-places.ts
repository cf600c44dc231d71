import { learnedWeights } from './flops.ts'
import { type Graph, isHeadLayer } from './graph.ts'
import { isStandardisation } from './head-kinds.ts'
import { type Operation, resultOf } from './program.ts'
import { isRecurrent } from './recurrent-layers.ts'

/** Layers that finish what the one before them began: no cut comes between. */
const FINISHING = new Set([
  'Activation',
  'BatchNormalization',
  'Dropout',
  'ELU',
  'LayerNormalization',
  'LeakyReLU',
  'PReLU',
  'ReLU',
  'Softmax',
  'SpatialDropout2D',
  'ThresholdedReLU',
])

/** By place, from before the first operation to after the last: the nodes whose results cross it, in order. */
export function crossings(graph: Graph, operations: readonly Operation[]): readonly (readonly number[])[] {
  const uses = lastUses(graph, operations)
  const end = operations.length
  let alive = [operations[0].input]
  return Array.from({ length: end + 1 }, (_, place) => {
    if (place > 0) alive.push(resultOf(operations[place - 1]))
    if (place === end) return [resultOf(operations[end - 1])]
    alive = alive.filter(node => (uses.get(node) ?? -1) >= place)
    return alive.toSorted((a, b) => a - b)
  })
}

/**
 * Operation indices at which the network may be cut: what crosses to what follows is one tensor, or one and taps, which
 * layers of the head read and nothing else; behind a recurrent layer, whatever skips it. Never inside a residual block.
 */
export function cutPlaces(graph: Graph, operations: readonly Operation[]): readonly number[] {
  const crossing = crossings(graph, operations)
  const readers = readersOf(graph, operations)
  const head = mapsHeadStart(graph, operations)
  const isTap = (node: number, place: number) =>
    (readers.get(node) ?? []).every(
      ({ operation, reader }) => operation < place || isHeadLayer(graph.nodes[reader]),
    )
  const isPlace = (place: number) => {
    const result = resultOf(operations[place - 1])
    const nodes = crossing[place]
    if (!nodes.includes(result)) return false
    if (nodes.length > 1) {
      const packable = nodes.every(
        node =>
          graph.nodes[node].perFrame === graph.nodes[result].perFrame &&
          !graph.nodes[node].shapes[0].includes(null),
      )
      const taps = nodes.every(node => node === result || (node !== 0 && isTap(node, place)))
      const besides = taps && !isHeadLayer(graph.nodes[result])
      if (!packable || !(besides || isRecurrent(graph.nodes[result]))) return false
    }
    const next = graph.nodes[operations[place].nodes[0]].layer?.getClassName() ?? ''
    return place === head || !FINISHING.has(next)
  }
  return operations.map((_, place) => place).filter(place => place > 0 && isPlace(place))
}

/**
 * Where the head begins: that on maps behind the whole backbone; another at the first layer with weights after the last
 * feature map [.., H, W, C], else at the last one.
 */
export function headStart(graph: Graph, operations: readonly Operation[], places: readonly number[]): number {
  const onMaps = mapsHeadStart(graph, operations)
  if (onMaps !== undefined) return onMaps
  const lastMap = operations
    .map(resultOf)
    .findLastIndex(node => rankOf(graph, node) >= 3 && !isHeadLayer(graph.nodes[node]))
  const weighted = (operation: Operation) =>
    operation.nodes.some(node => learnedWeights(graph.nodes[node]).length > 0)
  let first = operations.findIndex((operation, index) => index > lastMap && weighted(operation))
  if (first < 0 || lastMap < 0) first = operations.findLastIndex(weighted)
  return places.findLast(place => place <= first) ?? 0
}

/** The first layer of a head that reads maps: it standardises them, or the network ends in more than one vector a clip. */
function mapsHeadStart(graph: Graph, operations: readonly Operation[]): number | undefined {
  const [output] = graph.outputs
  const index = operations.findIndex(({ nodes }) => nodes.some(node => isHeadLayer(graph.nodes[node])))
  if (index <= 0 || rankOf(graph, operations[index].input) < 3) return undefined
  const many = graph.nodes[output.node].shapes[output.output].length > 1
  return many || isStandardisation(graph.nodes[resultOf(operations[index])].name) ? index : undefined
}

function rankOf(graph: Graph, node: number): number {
  return graph.nodes[node].shapes[0].length
}

function lastUses(graph: Graph, operations: readonly Operation[]): Map<number, number> {
  const uses = new Map<number, number>()
  for (const [node, readers] of readersOf(graph, operations))
    uses.set(node, Math.max(...readers.map(({ operation }) => operation)))
  return uses
}

interface Reader {
  readonly operation: number
  readonly reader: number
}

/** Who reads each node, by operation. */
function readersOf(graph: Graph, operations: readonly Operation[]): Map<number, Reader[]> {
  const readers = new Map<number, Reader[]>()
  operations.forEach((operation, index) => {
    for (const reader of operation.nodes) {
      for (const { node } of graph.nodes[reader].inputs) {
        const own = readers.get(node) ?? []
        readers.set(node, own)
        own.push({ operation: index, reader })
      }
    }
  })
  return readers
}
