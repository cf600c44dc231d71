import { inputError } from '../common/error.ts'
import { HEAD_PREFIX } from './head-kinds.ts'
import type { tf } from './tf.ts'

/** A layer as its own file sees it: only what the graph needs. */
export type Layer = tf.layers.Layer

/** Which output of which node. */
export interface Ref {
  readonly node: number
  readonly output: number
}

/**
 * One call of one layer. `fold` [B, T, …] → [B·T, …] and `unfold` [B·T, …] → [B, T, …] stand where a
 * TimeDistributed wrapper began and ended, so that a network wrapped over time runs whole on all frames at once.
 */
export interface GraphNode {
  readonly name: string
  readonly kind: 'input' | 'layer' | 'fold' | 'unfold'
  readonly layer?: Layer
  readonly inputs: readonly Ref[]
  /** Output shapes without the batch axis; null where the model leaves a dimension open. */
  readonly shapes: readonly (readonly (number | null)[])[]
  /** True between a fold and its unfold: the batch axis holds B·T frames. */
  readonly perFrame: boolean
}

/** A model with every nested container opened: nodes in an order in which inputs come first, and the head last. */
export interface Graph {
  readonly nodes: readonly GraphNode[]
  readonly outputs: readonly Ref[]
}

type Scope = ReadonlyMap<number, Ref>

/** Opens nested Sequential and functional models, and TimeDistributed wrappers, into one flat list of nodes. */
export function flattenModel(model: tf.LayersModel): Graph {
  const builder = new GraphBuilder()
  if (model.inputs.length !== 1) {
    throw inputError(
      'model.inputs',
      `the model '${model.name}' has ${model.inputs.length} inputs; only models with one input can be fine-tuned here`,
    )
  }
  const input = builder.add({
    name: 'input',
    kind: 'input',
    inputs: [],
    shapes: [model.inputs[0].shape.slice(1)],
    perFrame: false,
  })
  const scope = new Map([[model.inputs[0].id, { node: input, output: 0 }]])
  const known = new Map<number, Ref>()
  const outputs = model.outputs.map(output => builder.resolve(output, scope, known, false))
  return headLast({ nodes: builder.nodes, outputs })
}

/** Whether a node is a layer of the head, by its name. */
export function isHeadLayer({ kind, name }: GraphNode): boolean {
  return kind === 'layer' && name.startsWith(HEAD_PREFIX)
}

/** The head's layers and what depends on them behind everything else; among each, the order stays. */
function headLast({ nodes, outputs }: Graph): Graph {
  const late: boolean[] = []
  for (const node of nodes) late.push(isHeadLayer(node) || node.inputs.some(input => late[input.node]))
  const indices = nodes.map((_, index) => index)
  const order = [...indices.filter(index => !late[index]), ...indices.filter(index => late[index])]
  const moved = new Map(order.map((from, to) => [from, to]))
  const follow = ({ node, output }: Ref): Ref => ({ node: moved.get(node) ?? node, output })
  return {
    nodes: order.map(index => ({ ...nodes[index], inputs: nodes[index].inputs.map(follow) })),
    outputs: outputs.map(follow),
  }
}

class GraphBuilder {
  readonly nodes: GraphNode[] = []
  private readonly names = new Set<string>()

  add(node: GraphNode): number {
    this.names.add(node.name)
    return this.nodes.push(node) - 1
  }

  /** The node behind a symbolic tensor, made when it's first asked for. `scope` maps a container's own inputs. */
  resolve(tensor: tf.SymbolicTensor, scope: Scope, known: Map<number, Ref>, perFrame: boolean): Ref {
    const done = scope.get(tensor.id) ?? known.get(tensor.id)
    if (done !== undefined) return done
    const layer = tensor.sourceLayer
    const call = layer.inboundNodes[tensor.nodeIndex]
    const inputs = call.inputTensors.map(input => this.resolve(input, scope, known, perFrame))
    const refs = this.call(layer, inputs, call.outputTensors, perFrame)
    call.outputTensors.forEach((output, index) => {
      known.set(output.id, refs[index])
    })
    return refs[tensor.tensorIndex]
  }

  private call(
    layer: Layer,
    inputs: readonly Ref[],
    outputs: readonly tf.SymbolicTensor[],
    perFrame: boolean,
  ): readonly Ref[] {
    const shapes = outputs.map(output => output.shape.slice(1))
    if (isContainer(layer)) return this.open(layer, inputs, perFrame)
    if (layer.getClassName() === 'TimeDistributed') {
      const inner = (layer as unknown as { layer: Layer }).layer
      return [this.openOverTime(layer.name, inner, inputs[0], shapes[0])]
    }
    const node = this.add({ name: this.unique(layer.name), kind: 'layer', layer, inputs, shapes, perFrame })
    return shapes.map((_, output) => ({ node, output }))
  }

  private open(container: tf.LayersModel, inputs: readonly Ref[], perFrame: boolean): readonly Ref[] {
    const scope = new Map(container.inputs.map((input, index) => [input.id, inputs[index]]))
    const known = new Map<number, Ref>()
    return container.outputs.map(output => this.resolve(output, scope, known, perFrame))
  }

  private openOverTime(name: string, inner: Layer, input: Ref, shape: readonly (number | null)[]): Ref {
    const frame = this.nodes[input.node].shapes[input.output].slice(1)
    const fold = this.add({
      name: this.unique(`${name}_fold`),
      kind: 'fold',
      inputs: [input],
      shapes: [frame],
      perFrame: true,
    })
    const folded = { node: fold, output: 0 }
    const [result] = isContainer(inner)
      ? this.open(inner, [folded], true)
      : [
          {
            node: this.add({
              name: this.unique(inner.name),
              kind: 'layer',
              layer: inner,
              inputs: [folded],
              shapes: [shape.slice(1)],
              perFrame: true,
            }),
            output: 0,
          },
        ]
    const unfold = this.add({
      name: this.unique(`${name}_unfold`),
      kind: 'unfold',
      inputs: [result],
      shapes: [shape],
      perFrame: false,
    })
    return { node: unfold, output: 0 }
  }

  private unique(name: string): string {
    let candidate = name
    for (let i = 1; this.names.has(candidate); i++) candidate = `${name}_${i}`
    return candidate
  }
}

function isContainer(layer: Layer): layer is tf.LayersModel {
  return 'layers' in layer && 'outputs' in layer
}

/** How many nodes read each node. */
export function consumerCounts(graph: Graph): number[] {
  const counts = graph.nodes.map(() => 0)
  for (const node of graph.nodes) for (const input of node.inputs) counts[input.node]++
  for (const output of graph.outputs) counts[output.node]++
  return counts
}

/** The nodes that lead to these, and they themselves. */
export function ancestors(graph: Graph, until: readonly Ref[]): ReadonlySet<number> {
  const needed = new Set<number>()
  const visit = (index: number): void => {
    if (needed.has(index)) return
    needed.add(index)
    for (const input of graph.nodes[index].inputs) visit(input.node)
  }
  for (const { node } of until) visit(node)
  return needed
}
