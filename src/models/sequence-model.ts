import { inputError } from '../common/error.ts'
import type { Rng } from '../common/random.ts'
import { flattenModel, type Graph, type Ref } from './graph.ts'
import { buildHead, closing, type HeadBuilder, type HeadOutput, standardised } from './head.ts'
import type { HeadKind } from './head-kinds.ts'
import { rebuild } from './rebuild.ts'
import { isRecurrent } from './recurrent-layers.ts'
import { tf } from './tf.ts'

export interface SequenceModelOptions {
  /** What the task wants of the head. */
  readonly output: HeadOutput
  /** Rows of a sequence. */
  readonly frames: number
  readonly head: HeadKind | HeadBuilder
  /** Initial weights of the head. */
  readonly rng: Rng
}

/** Whether a model takes sequences: [T, F], or token ids [T]. */
export function isSequenceModel(model: tf.LayersModel): boolean {
  return [2, 3].includes(model.inputs[0].shape.length)
}

/** Numbers of one row that a sequence model takes; a token's id is one. */
export function rowSize(model: tf.LayersModel): number {
  const { shape } = model.inputs[0]
  const columns = shape.length === 2 ? 1 : (shape[2] as number | null)
  if (columns !== null) return columns
  throw inputError(
    'model.input-shape',
    `the model '${model.name}' leaves open how many numbers a row has; a sequence model needs [rows, columns]`,
  )
}

/**
 * A network on sequences up to its last recurrent layer, or, without one, up to its last layer with weights → standardised →
 * head: on that layer's sequence, or on its last state where it gives nothing else.
 * @throws input error where the task reads frames and there is a last state alone
 */
export function buildSequenceModel(
  pretrained: tf.LayersModel,
  options: SequenceModelOptions,
): tf.LayersModel {
  const { output, frames } = options
  if (typeof output.reads === 'object') {
    throw inputError(
      'model.no-maps',
      `the task's head reads maps of frames, which the sequence model '${pretrained.name}' doesn't have: take an image network`,
    )
  }
  const graph = flattenModel(pretrained)
  const columns = pretrained.inputs[0].shape.length === 2 ? [] : [rowSize(pretrained)]
  const body = rebuild(graph, {
    inputShape: [frames, ...columns],
    until: [lastFeatures(graph, pretrained.name)],
    name: 'backbone',
  })
  const features = body.outputs[0]
  const rank = features.shape.length - 1
  const readable = rank === 2 || (rank === 1 && output.reads !== 'frames')
  if (!readable) {
    throw inputError(
      'model.no-features',
      `the model's features have shape [${features.shape.slice(1).join(', ')}]; the task needs ` +
        (output.reads === 'frames'
          ? 'one vector a row: take a model whose last layer returns sequences'
          : '[F] or [T, F]'),
    )
  }
  const read = standardised(features)
  const outputs = rank === 1 ? closing(read, output) : buildHead(read, options)
  return tf.model({ inputs: body.inputs, outputs, name: 'sequence_model' })
}

function lastFeatures(graph: Graph, name: string): Ref {
  const recurrent = graph.nodes.findLastIndex(isRecurrent)
  if (recurrent >= 0) return { node: recurrent, output: 0 }
  const weighted = graph.nodes.findLast(({ layer }) => layer !== undefined && layer.weights.length > 0)
  const [features] = weighted?.inputs ?? []
  if (features !== undefined && features.node !== 0) return features
  throw inputError(
    'model.no-features',
    `the model '${name}' has no layer below its last one to put a head on`,
  )
}
