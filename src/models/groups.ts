import { inputError } from '../common/error.ts'
import { unknownName } from '../common/suggest.ts'
import { cutPlaces, headStart } from './cut-places.ts'
import { learnedWeights, type NodeFlops, size } from './flops.ts'
import type { Graph, Layer } from './graph.ts'
import type { Operation } from './program.ts'

/** A run of operations between two places for a cut (cut-places.ts). The last group is the head. */
export interface LayerGroup {
  readonly name: string
  /** [first, one past the last] operation. */
  readonly operations: readonly [number, number]
  /** Names of its first and last layer. */
  readonly layers: readonly [string, string]
  readonly parameters: number
  /** Forward FLOPs for one clip. */
  readonly flops: number
  /** Stretches between two places for a cut that see more than one pixel or moment at once: what nets are as deep as. */
  readonly blocks: number
}

/**
 * Cuts a compiled graph into groups: `count` of them, balanced by FLOPs, the head last, or where the user says
 * (`after`: names of the layers that end a group).
 * @throws input error when the network has too few places where one tensor crosses
 */
export function cutIntoGroups(
  graph: Graph,
  operations: readonly Operation[],
  flops: readonly NodeFlops[],
  wanted: Count | { readonly after: readonly string[] },
): readonly LayerGroup[] {
  const costs = operations.map(operation =>
    operation.nodes.reduce((sum, node) => sum + flops[node].forward, 0),
  )
  const parameters = parameterCounts(graph, operations)
  const places = cutPlaces(graph, operations)
  const ends = !('after' in wanted)
    ? balancedCuts(wanted, { costs, parameters, places, head: headStart(graph, operations, places) })
    : wanted.after.map(name => placeAfter(graph, operations, places, name)).sort((a, b) => a - b)
  const bounds = [0, ...ends, operations.length]
  const sum = (values: readonly number[], from: number, to: number) =>
    values.slice(from, to).reduce((a, b) => a + b, 0)
  return bounds.slice(1).map((to, index) => {
    const from = bounds[index]
    const layers = operations
      .slice(from, to)
      .flatMap(operation => operation.nodes)
      .map(node => graph.nodes[node])
      .filter(node => node.kind === 'layer')
      .map(node => node.name)
    const group = {
      name: index === bounds.length - 2 ? 'head' : `group-${index + 1}`,
      operations: [from, to] as const,
      layers: [layers[0], layers[layers.length - 1]] as const,
      parameters: sum(parameters, from, to),
      flops: sum(costs, from, to),
      blocks: blocksIn(graph, operations, places, from, to),
    }
    if (group.parameters === 0) {
      throw inputError(
        'groups.empty',
        `the layer group '${group.layers.join('…')}' has no trainable parameters: move the cut`,
      )
    }
    return group
  })
}

function blocksIn(
  graph: Graph,
  operations: readonly Operation[],
  places: readonly number[],
  from: number,
  to: number,
): number {
  const bounds = [from, ...places.filter(place => place > from && place < to), to]
  return bounds
    .slice(1)
    .filter((end, i) =>
      operations
        .slice(bounds[i], end)
        .some(operation => operation.nodes.some(node => isWide(graph.nodes[node]))),
    ).length
}

/** A convolution over more than one position, or a recurrence. */
function isWide({ layer }: Graph['nodes'][number]): boolean {
  const { kernelSize, recurrentActivation } = (layer?.getConfig() ?? {}) as {
    kernelSize?: number | number[]
    recurrentActivation?: unknown
  }
  return recurrentActivation !== undefined || [kernelSize ?? 1].flat().some(side => side > 1)
}

/** By operation; a layer that is called more than once counts where it is called first. */
function parameterCounts(graph: Graph, operations: readonly Operation[]): readonly number[] {
  const seen = new Set<Layer | undefined>()
  return operations.map(({ nodes }) => {
    const fresh = nodes.filter(node => !seen.has(graph.nodes[node].layer))
    for (const node of fresh) seen.add(graph.nodes[node].layer)
    const weights = fresh.flatMap(node => learnedWeights(graph.nodes[node]))
    return weights.reduce((total, weight) => total + size(weight.shape), 0)
  })
}

type Count = { readonly count: number } | { readonly atMost: number }

interface Costs {
  readonly costs: readonly number[]
  readonly parameters: readonly number[]
  readonly places: readonly number[]
  readonly head: number
}

/** Cuts the backbone so that its largest group is as small as possible (dynamic programming over the places). */
function balancedCuts(wanted: Count, { costs, parameters, places, head }: Costs): number[] {
  const cost = prefixSums(costs)
  const weight = prefixSums(parameters)
  const bounds = [0, ...places.filter(place => place < head), head]
  const last = bounds.length - 1
  // best[j]: smallest possible largest cost when bounds[0..j] hold k groups, each with parameters.
  let best = bounds.map((bound, j) => (j > 0 && weight[bound] > 0 ? cost[bound] : Number.POSITIVE_INFINITY))
  // choices[k - 1][j]: where the k-th group begins when it ends at bounds[j].
  const choices: number[][] = []
  while (best[last] < Number.POSITIVE_INFINITY) {
    const choice: number[] = []
    choices.push(choice)
    const before = best
    best = bounds.map((bound, j) => {
      let value = Number.POSITIVE_INFINITY
      for (let i = 1; i < j; i++) {
        if (weight[bound] === weight[bounds[i]]) continue
        const candidate = Math.max(before[i], cost[bound] - cost[bounds[i]])
        if (candidate < value) {
          value = candidate
          choice[j] = i
        }
      }
      return value
    })
  }
  const ends = [head]
  let j = last
  for (let k = backboneGroups(wanted, choices.length) - 2; k >= 0; k--) {
    j = choices[k][j]
    ends.unshift(bounds[j])
  }
  return ends
}

/** @throws input error when that many can't be cut */
function backboneGroups(wanted: Count, possible: number): number {
  const count = 'count' in wanted ? wanted.count : Math.min(wanted.atMost, possible + 1)
  if (Number.isInteger(count) && count >= 2 && count - 1 <= possible) return count - 1
  const range = possible === 1 ? 'only 2 are possible' : `between 2 and ${possible + 1} are possible`
  throw inputError(
    'groups.too-many',
    `the network can't be cut into ${count} layer groups: ${possible === 0 ? 'it has no place for a cut' : range} ` +
      '(cuts lie only where one tensor crosses, and the head is a group of its own)',
  )
}

function prefixSums(values: readonly number[]): number[] {
  const sums = [0]
  for (const value of values) sums.push(sums[sums.length - 1] + value)
  return sums
}

function placeAfter(
  graph: Graph,
  operations: readonly Operation[],
  places: readonly number[],
  name: string,
): number {
  const index = operations.findIndex(operation =>
    operation.nodes.some(node => graph.nodes[node].name === name),
  )
  if (index < 0) {
    throw unknownName(
      'layer',
      name,
      graph.nodes.filter(node => node.kind === 'layer').map(node => node.name),
    )
  }
  if (!places.includes(index + 1)) {
    throw inputError(
      'groups.cut',
      `the network can't be cut after layer '${name}': more than one tensor crosses there, or it ends inside a block`,
    )
  }
  return index + 1
}
