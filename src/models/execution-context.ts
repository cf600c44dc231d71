import type { Masks } from './dropout.ts'
import type { Value } from './fused.ts'
import type { Graph, Layer } from './graph.ts'
import type { NativeKernels } from './kernels.ts'
import type { Operation } from './program.ts'
import type { tf } from './tf.ts'

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
  /** Present while training: dropout takes its masks from it. */
  readonly masks?: Masks
  /** Whether a batch normalisation uses the batch's own statistics now. */
  usesBatchStatistics(layer: Layer): boolean
  /** Receives the batch's mean and 1/n variance of such a layer. */
  onStatistics(layer: Layer, mean: tf.Tensor, variance: tf.Tensor): void
  /** Told what crosses a place between operations, where that is one tensor. */
  onCrossing?(place: number, tensor: tf.Tensor): void
}
