import { callLayer } from './call-layer.ts'
import { composedConvolution } from './composed.ts'
import type { ExecutionContext } from './execution-context.ts'
import { type FrozenNorm, fusedActivation, fusedBatchNorm, fusedConvolution, type Value } from './fused.ts'
import type { Graph, Layer } from './graph.ts'
import type { Operation } from './program.ts'
import { tf } from './tf.ts'

/** A chain of padding, convolution, batch normalisation and activation; that over time as one over a map one place wide. */
export function runConvolution(context: ExecutionContext, operation: Operation, x: Value): tf.Tensor {
  if (x.tensor.rank === 4) return convolution(context, operation, x, false)
  return tf.squeeze(convolution(context, operation, widened(x, 2), true), [2])
}

function widened({ tensor, active }: Value, axis: number): Value {
  return { tensor: tf.expandDims(tensor, axis), active }
}

function convolution(
  context: ExecutionContext,
  operation: Operation,
  x: Value,
  overTime: boolean,
): tf.Tensor {
  const { native, graph } = context
  const layer = operation.layers.convolution as Layer
  const norm = operation.layers.norm
  const spec = operation.spec
  if (spec === undefined) throw new Error('a convolution without its settings')
  const own = context.parameter(layer, spec.depthwise ? 'depthwise_kernel' : 'kernel')
  if (own === undefined) throw new Error(`layer '${layer.name}' has no kernel`)
  const kernel = overTime ? widened(own, 1) : own
  const bias = context.parameter(layer, 'bias')
  const batchMode = norm !== undefined && context.usesBatchStatistics(norm)
  if (native !== undefined && !batchMode) {
    const frozen = norm && frozenNorm(context, norm)
    return fusedConvolution(native, { x, kernel, bias, norm: frozen, spec, activation: operation.activation })
  }
  let y: tf.Tensor
  if (native !== undefined) {
    y = fusedConvolution(native, { x, kernel, bias, spec, activation: 'linear' })
  } else {
    const training = x.active || context.isActive(layer)
    y = training
      ? composedConvolution(x.tensor, kernel.tensor, bias?.tensor, spec)
      : plainConvolution(graph, operation, x.tensor, overTime)
  }
  const active = x.active || context.isActive(layer)
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
function plainConvolution(graph: Graph, operation: Operation, x: tf.Tensor, overTime: boolean): tf.Tensor {
  let y = overTime ? tf.squeeze(x, [2]) : x
  for (const node of operation.nodes) {
    const layer = graph.nodes[node].layer as Layer
    const isConvolution = layer === operation.layers.convolution
    if (!isConvolution && layer.getClassName() !== 'ZeroPadding2D') break
    y = callLayer(layer, [y])
    if (isConvolution) break
  }
  return overTime ? tf.expandDims(y, 2) : y
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

export function runBatchNorm(context: ExecutionContext, norm: Layer, x: Value): tf.Tensor {
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
