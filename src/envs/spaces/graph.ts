import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Space } from '../env.ts'
import { knownByKind } from './kind.ts'
import { flattenInto, unflattened } from './lists.ts'

/** A value of a Graph, as Gymnasium's GraphInstance; without edges, both of them are absent. */
export interface GraphValue<N = unknown, E = unknown> {
  readonly nodes: readonly N[]
  readonly edges?: readonly E[]
  /** From which node to which, of shape [edges, 2]. */
  readonly edgeLinks?: Int32Array
}

/** How large a Graph's values may be. */
export interface GraphSizes {
  /** Nodes that a value has at most; default 10, as many as Gymnasium samples. */
  readonly maxNodes?: number
  /** Edges that a value has at most; default maxNodes · (maxNodes − 1), 0 where edges have no space. */
  readonly maxEdges?: number
}

/**
 * Graphs of nodes of one space and edges of another, or without edges. Gymnasium's has no largest graph; here a flat form
 * needs one. Flat form: how many nodes, how many edges, then nodes, edges and links, zeros after each:
 * [2 + maxNodes · node + maxEdges · (edge + 2)].
 */
export class Graph<N, E> implements Space<GraphValue<N, E>> {
  readonly kind = 'graph'

  readonly flatSize: number
  readonly maxNodes: number
  readonly maxEdges: number

  /** @throws input error when a size is no integer, there may be no node, or there may be edges without a space */
  constructor(
    readonly nodeSpace: Space<N>,
    readonly edgeSpace?: Space<E>,
    { maxNodes = 10, maxEdges = edgeSpace === undefined ? 0 : maxNodes * (maxNodes - 1) }: GraphSizes = {},
  ) {
    const isCount = (value: number, least: number) => Number.isInteger(value) && value >= least
    if (!isCount(maxNodes, 1) || !isCount(maxEdges, 0) || (edgeSpace === undefined && maxEdges > 0)) {
      throw inputError(
        'space.graph',
        `a Graph has an integer >= 1 of nodes and one >= 0 of edges at most, 0 where they have no space, not ${maxNodes} and ${maxEdges}`,
      )
    }
    this.maxNodes = maxNodes
    this.maxEdges = maxEdges
    this.flatSize = 2 + maxNodes * nodeSpace.flatSize + maxEdges * ((edgeSpace?.flatSize ?? 0) + 2)
  }

  /** As many nodes as there may be; below maxEdges edges, uniformly, between any two nodes (as Gymnasium). */
  sample(rng: Rng): GraphValue<N, E> {
    const { nodeSpace, edgeSpace, maxNodes, maxEdges } = this
    const nodes = Array.from({ length: maxNodes }, () => nodeSpace.sample(rng))
    const count = maxEdges === 0 ? 0 : rng.int(maxEdges)
    if (edgeSpace === undefined || count === 0) return { nodes }
    const edges = Array.from({ length: count }, () => edgeSpace.sample(rng))
    return { nodes, edges, edgeLinks: Int32Array.from({ length: 2 * count }, () => rng.int(maxNodes)) }
  }

  contains(value: unknown): value is GraphValue<N, E> {
    if (typeof value !== 'object' || value === null) return false
    const { nodes, edges, edgeLinks } = value as Partial<GraphValue>
    if (!Array.isArray(nodes) || nodes.length > this.maxNodes) return false
    if (!Array.from(nodes).every(node => this.nodeSpace.contains(node))) return false
    if (edges === undefined || edgeLinks === undefined) return edges === edgeLinks
    const { edgeSpace, maxEdges } = this
    return (
      edgeSpace !== undefined &&
      Array.isArray(edges) &&
      edges.length <= maxEdges &&
      Array.from(edges).every(edge => edgeSpace.contains(edge)) &&
      edgeLinks instanceof Int32Array &&
      edgeLinks.length === 2 * edges.length &&
      edgeLinks.every(node => node >= 0 && node < nodes.length)
    )
  }

  flatten({ nodes, edges = [], edgeLinks = new Int32Array(0) }: GraphValue<N, E>): Float32Array {
    const { nodeSpace, edgeSpace } = this
    const { edgesAt, linksAt } = this.places()
    const flat = new Float32Array(this.flatSize)
    flat.set([nodes.length, edges.length])
    flattenInto(flat, 2, nodeSpace, nodes)
    if (edgeSpace === undefined) return flat
    flattenInto(flat, edgesAt, edgeSpace, edges)
    flat.set(edgeLinks, linksAt)
    return flat
  }

  unflatten(flat: Float32Array): GraphValue<N, E> {
    const { edgesAt, linksAt } = this.places()
    const [nodeCount, edgeCount] = flat
    const nodes = unflattened(flat, 2, this.nodeSpace, nodeCount)
    if (this.edgeSpace === undefined || edgeCount === 0) return { nodes }
    const edges = unflattened(flat, edgesAt, this.edgeSpace, edgeCount)
    return { nodes, edges, edgeLinks: Int32Array.from(flat.subarray(linksAt, linksAt + 2 * edgeCount)) }
  }

  toJSON(): Record<string, unknown> {
    const { kind, nodeSpace, edgeSpace, maxNodes, maxEdges } = this
    const edge = edgeSpace === undefined ? null : edgeSpace.toJSON()
    return { kind, nodeSpace: nodeSpace.toJSON(), edgeSpace: edge, maxNodes, maxEdges }
  }

  /** Where edges and links begin in the flat form. */
  private places() {
    const edgesAt = 2 + this.maxNodes * this.nodeSpace.flatSize
    return { edgesAt, linksAt: edgesAt + this.maxEdges * (this.edgeSpace?.flatSize ?? 0) }
  }
}
knownByKind(Graph, 'graph')
