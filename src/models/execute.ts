import type { Rng } from '../common/random.ts'
import { composedConvolution, composedUpsampling } from './composed.ts'
import { type FrozenNorm, fusedActivation, fusedBatchNorm, fusedConvolution, type Value } from './fused.ts'
import type { Graph, GraphNode, Layer } from './graph.ts'
import type { NativeKernels } from './kernels.ts'
import { pack, unpack } from './packing.ts'
import { type Operation, resultOf } from './program.ts'
import { tf } from './tf.ts'

/** What one execution of a piece of the network needs. */
export interface ExecutionContext {
  readonly graph: Graph
  readonly operations: readonly Operation[]
  /** By place: the nodes whose results cross it. */
  readonly crossings: readonly (readonly number[])[]
  readonly native: NativeKernels | undefined
  /** Clips in this batch: an unfold gives [B·T, …] its T back. */
  readonly batch: number
  /** A layer's variable by the last part of its name (`kernel`, `gamma`…), and whether it's trained now. */
  parameter(layer: Layer, name: string): Value | undefined
  /** Whether any of the layer's variables is trained now. */
  isActive(layer: Layer): boolean
  /** Present while training: dropout draws its masks from it. */
  readonly dropout?: Rng
  /** Whether a batch normalisation uses the batch's own statistics now. */
  usesBatchStatistics(layer: Layer): boolean
  /** Receives the batch's mean and 1/n variance of such a layer. */
  onStatistics(layer: Layer, mean: tf.Tensor, variance: tf.Tensor): void
}

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

function callLayer(layer: Layer, inputs: readonly tf.Tensor[]): tf.Tensor {
  const output = layer.call(inputs.length === 1 ? inputs[0] : [...inputs], {})
  const [tensor] = Array.isArray(output) ? output : [output]
  // A layer that does nothing at inference hands its input back: every value here has an owner of its own.
  return inputs.includes(tensor) ? tf.clone(tensor) : tensor
}

function runConvolution(context: ExecutionContext, operation: Operation, x: Value): tf.Tensor {
  const { native, graph } = context
  const convolution = operation.layers.convolution as Layer
  const norm = operation.layers.norm
  const spec = operation.spec
  if (spec === undefined) throw new Error('a convolution without its settings')
  const kernel = context.parameter(convolution, spec.depthwise ? 'depthwise_kernel' : 'kernel')
  if (kernel === undefined) throw new Error(`layer '${convolution.name}' has no kernel`)
  const bias = context.parameter(convolution, 'bias')
  const batchMode = norm !== undefined && context.usesBatchStatistics(norm)
  if (native !== undefined && !batchMode) {
    const frozen = norm && frozenNorm(context, norm)
    return fusedConvolution(native, { x, kernel, bias, norm: frozen, spec, activation: operation.activation })
  }
  let y: tf.Tensor
  if (native !== undefined) {
    y = fusedConvolution(native, { x, kernel, bias, spec, activation: 'linear' })
  } else {
    const training = x.active || context.isActive(convolution)
    y = training
      ? composedConvolution(x.tensor, kernel.tensor, bias?.tensor, spec)
      : plainConvolution(graph, operation, x.tensor)
  }
  const active = x.active || context.isActive(convolution)
  if (norm !== undefined) y = runBatchNorm(context, norm, { tensor: y, active })
  if (operation.activation === 'linear') return y
  if (native === undefined) return operation.activation === 'relu' ? tf.relu(y) : tf.relu6(y)
  return fusedActivation(
    native,
    { tensor: y, active: active || isLayerActive(context, norm) },
    operation.activation,
  )
}

function isLayerActive(context: ExecutionContext, layer: Layer | undefined): boolean {
  return layer !== undefined && context.isActive(layer)
}

/** The chain's padding and convolution by their own layers, without an activation that the chain applies later. */
function plainConvolution(graph: Graph, operation: Operation, x: tf.Tensor): tf.Tensor {
  let y = x
  for (const node of operation.nodes) {
    const layer = graph.nodes[node].layer as Layer
    const isConvolution = layer === operation.layers.convolution
    if (!isConvolution && layer.getClassName() !== 'ZeroPadding2D') break
    y = callLayer(layer, [y])
    if (isConvolution) break
  }
  return y
}

function frozenNorm(context: ExecutionContext, norm: Layer): FrozenNorm {
  const mean = context.parameter(norm, 'moving_mean')
  const variance = context.parameter(norm, 'moving_variance')
  if (mean === undefined || variance === undefined) throw new Error(`'${norm.name}' has no statistics`)
  return {
    gamma: context.parameter(norm, 'gamma'),
    beta: context.parameter(norm, 'beta'),
    mean: mean.tensor,
    variance: variance.tensor,
    epsilon: epsilonOf(norm),
  }
}

function runBatchNorm(context: ExecutionContext, norm: Layer, x: Value): tf.Tensor {
  const gamma = context.parameter(norm, 'gamma')
  const beta = context.parameter(norm, 'beta')
  if (!context.usesBatchStatistics(norm)) {
    const frozen = frozenNorm(context, norm)
    const rstd = tf.rsqrt(tf.add(frozen.variance, frozen.epsilon))
    const scale = gamma ? tf.mul(rstd, gamma.tensor) : rstd
    const shift = tf.mul(tf.neg(frozen.mean), scale)
    return tf.add(tf.mul(x.tensor, scale), beta ? tf.add(shift, beta.tensor) : shift)
  }
  if (context.native !== undefined && gamma !== undefined && beta !== undefined && x.tensor.rank === 4) {
    return fusedBatchNorm(context.native, { x, gamma, beta, epsilon: epsilonOf(norm) }, (mean, variance) =>
      context.onStatistics(norm, mean, variance),
    )
  }
  const axes = x.tensor.shape.slice(0, -1).map((_, i) => i)
  const { mean, variance } = tf.moments(x.tensor, axes)
  context.onStatistics(norm, mean, variance)
  const rstd = tf.rsqrt(tf.add(variance, epsilonOf(norm)))
  const normal = tf.mul(tf.sub(x.tensor, mean), rstd)
  const scaled = gamma ? tf.mul(normal, gamma.tensor) : normal
  return beta ? tf.add(scaled, beta.tensor) : scaled
}

function epsilonOf(norm: Layer): number {
  return (norm.getConfig() as { epsilon: number }).epsilon
}

/** Inverted dropout with the world's own random stream: tfjs's is not seeded. */
function dropout(context: ExecutionContext, layer: Layer, x: tf.Tensor): tf.Tensor {
  const { rate } = layer.getConfig() as { rate: number }
  const { dropout: rng } = context
  if (rng === undefined || rate === 0) return tf.clone(x)
  const mask = Float32Array.from({ length: x.size }, () => (rng.next() < rate ? 0 : 1 / (1 - rate)))
  return tf.mul(x, tf.tensor(mask, x.shape))
}
