import { callLayer } from './call-layer.ts'
import { composedUpsampling } from './composed.ts'
import type { ExecutionContext } from './execution-context.ts'
import { fusedActivation, type Value } from './fused.ts'
import type { GraphNode, Layer } from './graph.ts'
import { pack, unpack } from './packing.ts'
import { type Operation, resultOf } from './program.ts'
import { runRecurrence } from './recurrence/layer.ts'
import { runBatchNorm, runConvolution } from './run-convolution.ts'
import { tf } from './tf.ts'

/**
 * Runs operations [from, to) on what crosses at `from`, and returns what crosses at `to`, as one tensor each (`pack`).
 * Call it inside tf.tidy or a gradient closure; values are released as soon as their last reader has run.
 */
export function execute(context: ExecutionContext, from: number, to: number, input: Value): tf.Tensor {
  return pack(results(context, from, to, input, context.crossings[to]))
}

/** As `execute`; returns the results of the nodes that are asked for. */
export function results(
  context: ExecutionContext,
  from: number,
  to: number,
  input: Value,
  wanted: readonly number[],
): readonly tf.Tensor[] {
  const { operations, graph } = context
  const values = enter(context, from, input)
  const entries = new Set(values.keys())
  const readers = countReaders(context, from, to)
  for (const node of wanted) readers.set(node, (readers.get(node) ?? 0) + 1)
  for (let index = from; index < to; index++) {
    const operation = operations[index]
    const crossing = context.crossings[index]
    if (index > from && crossing.length === 1)
      context.onCrossing?.(index, valueAt(values, crossing[0]).tensor)
    const reads = operation.nodes.flatMap(node => graph.nodes[node].inputs.map(ref => ref.node))
    const value = run(context, operation, values)
    values.set(resultOf(operation), value)
    for (const node of reads) {
      const left = (readers.get(node) ?? 0) - 1
      readers.set(node, left)
      if (left === 0 && !entries.has(node)) {
        const done = values.get(node)
        if (done !== undefined && done.tensor !== value.tensor) done.tensor.dispose()
        values.delete(node)
      }
    }
  }
  return wanted.map(node => valueAt(values, node).tensor)
}

/** What crosses at an operation, node by node. */
function enter({ graph, crossings }: ExecutionContext, from: number, input: Value): Map<number, Value> {
  const nodes = crossings[from]
  const parts = unpack(
    input.tensor,
    nodes.map(node => graph.nodes[node].shapes[0]),
  )
  return new Map(nodes.map((node, i) => [node, { tensor: parts[i], active: input.active }]))
}

function countReaders(context: ExecutionContext, from: number, to: number): Map<number, number> {
  const readers = new Map<number, number>()
  for (let index = from; index < to; index++) {
    for (const node of context.operations[index].nodes) {
      for (const input of context.graph.nodes[node].inputs)
        readers.set(input.node, (readers.get(input.node) ?? 0) + 1)
    }
  }
  return readers
}

function valueAt(values: ReadonlyMap<number, Value>, node: number): Value {
  const value = values.get(node)
  if (value === undefined) throw new Error(`the value of node ${node} is not at hand: the cut is not a cut`)
  return value
}

function run(context: ExecutionContext, operation: Operation, values: ReadonlyMap<number, Value>): Value {
  const { graph } = context
  const x = valueAt(values, operation.input)
  const active = x.active || operation.nodes.some(node => isNodeActive(context, graph.nodes[node], values))
  switch (operation.kind) {
    case 'convolution':
      return { tensor: runConvolution(context, operation, x), active }
    case 'activation': {
      if (context.native === undefined || operation.activation === 'linear') break
      return { tensor: fusedActivation(context.native, x, operation.activation), active }
    }
    case 'batchNorm':
      return { tensor: runBatchNorm(context, operation.layers.norm as Layer, x), active }
    case 'dropout':
      return { tensor: dropout(context, graph.nodes[operation.nodes[0]].layer as Layer, x.tensor), active }
    case 'recurrence': {
      if (context.native === undefined) break
      const layer = graph.nodes[operation.nodes[0]].layer as Layer
      return { tensor: runRecurrence(context, context.native, layer, x), active }
    }
    case 'upsampling': {
      if (context.native !== undefined) break
      const { size } = (graph.nodes[operation.nodes[0]].layer as Layer).getConfig() as {
        size: [number, number]
      }
      return { tensor: composedUpsampling(x.tensor, size), active }
    }
  }
  return { tensor: runNode(context, graph.nodes[operation.nodes[0]], values), active }
}

function isNodeActive(
  context: ExecutionContext,
  node: GraphNode,
  values: ReadonlyMap<number, Value>,
): boolean {
  return (
    (node.layer !== undefined && context.isActive(node.layer)) ||
    node.inputs.some(input => values.get(input.node)?.active === true)
  )
}

/** Any layer by its own `call`, and the two reshapes around time. */
function runNode(context: ExecutionContext, node: GraphNode, values: ReadonlyMap<number, Value>): tf.Tensor {
  const inputs = node.inputs.map(ref => valueAt(values, ref.node).tensor)
  if (node.kind === 'fold') return tf.reshape(inputs[0], [-1, ...inputs[0].shape.slice(2)])
  if (node.kind === 'unfold') return tf.reshape(inputs[0], [context.batch, -1, ...inputs[0].shape.slice(1)])
  return callLayer(node.layer as Layer, inputs)
}

/** Inverted dropout. */
function dropout(context: ExecutionContext, layer: Layer, x: tf.Tensor): tf.Tensor {
  const { rate } = layer.getConfig() as { rate: number }
  if (context.masks === undefined || rate === 0) return tf.clone(x)
  return tf.mul(x, context.masks(rate, x.shape))
}
