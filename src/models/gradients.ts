import type { Rng } from '../common/random.ts'
import type { Masks } from './dropout.ts'
import type { tf } from './tf.ts'
import type { Variable } from './variables.ts'

/** Batch-normalisation mode of a group while it is trained: by stored statistics, or by the batch's own. */
export type NormMode = 'frozen' | 'batch'

/** What is differentiated, and how. */
export interface DifferentiationOptions {
  /** Groups before it are not run: the input crosses into it. */
  readonly from: number
  /** Names of the variables to differentiate by. */
  readonly trained: ReadonlySet<string>
  /** Present while training: dropout takes its masks from it. */
  readonly masks?: Masks
  /** Batch-normalisation mode a group; default frozen: few clips' frames make poor statistics. */
  readonly norms?: readonly NormMode[]
  /** Upper bound on how slowly moving statistics follow (Keras's momentum 0.999 needs thousands of steps). */
  readonly momentum?: number
  /** Told what crosses into each later group, where that is one tensor. */
  readonly onEntering?: (group: number, tensor: tf.Tensor) => void
}

export interface GradientOptions extends Omit<DifferentiationOptions, 'masks' | 'onEntering'> {
  /** Present while training: dropout draws its masks from it. */
  readonly dropout?: Rng
  /** [B]: what each clip's loss counts for, 1 in the mean; default: 1. */
  readonly weights?: readonly number[]
}

/** The batch's own statistic, which a moving one follows: old·momentum + batch·(1 − momentum). */
export interface BatchStatistic {
  readonly variable: Variable
  readonly batch: tf.Tensor
  readonly momentum: number
}

/** On the engine; the caller's. */
export interface GradientTensors {
  readonly loss: tf.Scalar
  /** By variable name, for the variables asked for. */
  readonly gradients: ReadonlyMap<string, tf.Tensor>
  /** Of batch normalisations that used the batch's own. */
  readonly statistics: readonly BatchStatistic[]
}

export interface GradientResult {
  /** Mean over clips, weighted where they are. */
  readonly loss: number
  /** By variable name, for the variables asked for. */
  readonly gradients: ReadonlyMap<string, Float32Array>
  /** New moving statistics of batch normalisations that used the batch's own. */
  readonly statistics: ReadonlyMap<string, Float32Array>
}

/** Brings them to the host and disposes of them. */
export function readGradients({ loss, gradients, statistics }: GradientTensors): GradientResult {
  const taken = (tensor: tf.Tensor) => {
    const values = tensor.dataSync() as Float32Array
    tensor.dispose()
    return values
  }
  return {
    statistics: new Map(
      statistics.map(({ variable, batch, momentum }) => {
        const now = taken(batch)
        const next = Float32Array.from(
          variable.handle.dataSync(),
          (old, i) => old * momentum + now[i] * (1 - momentum),
        )
        return [variable.name, next]
      }),
    ),
    gradients: new Map(Array.from(gradients, ([name, gradient]) => [name, taken(gradient)])),
    loss: taken(loss)[0],
  }
}
