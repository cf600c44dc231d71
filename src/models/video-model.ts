import { inputError } from '../common/error.ts'
import { applyOverTime } from './apply-over-time.ts'
import { applyScaling } from './clip-model.ts'
import { closing, type HeadOutput, standardised } from './head.ts'
import type { InputScaling } from './scaling.ts'
import { tf } from './tf.ts'

export interface VideoModelOptions {
  /** What the task wants of the head. */
  readonly output: HeadOutput
  /** [T, H, W, C] of the clips. */
  readonly clip: readonly [number, number, number, number]
  /** What the model expects of pixels; none: it takes them as they are, 0..255. */
  readonly scaling: InputScaling | undefined
}

/**
 * A video model as it is, with its last weighted layer replaced by one for the task; what it makes per frame
 * or per voxel is averaged and standardised first. Pixels 0..255 go in, scaled inside where the model wants them otherwise.
 */
export function adaptVideoModel(model: tf.LayersModel, options: VideoModelOptions): tf.LayersModel {
  const { output, clip, scaling } = options
  if (typeof output.reads === 'object') {
    throw inputError(
      'model.no-maps',
      `the task's head reads maps of single frames, which the video model '${model.name}' doesn't offer: take an image network`,
    )
  }
  const last = model.layers.findLast(layer => layer.weights.length > 0)
  if (last === undefined || Array.isArray(last.input)) {
    throw inputError('model.no-features', `the model '${model.name}' has no last layer to replace by a head`)
  }
  let inputs = model.inputs[0]
  let features = last.input
  if (scaling !== undefined) {
    const body = tf.model({ inputs, outputs: features, name: 'video_body' })
    inputs = tf.input({ shape: [...clip], name: 'clip' })
    features = body.apply(applyScaling(scaling, clip[3], inputs)) as tf.SymbolicTensor
  }
  const read = output.reads === 'frames' ? eachFrame(features, clip[0]) : averaged(features)
  return tf.model({ inputs, outputs: closing(standardised(read), output), name: 'video_model' })
}

/** [T, F], averaged over places alone. @throws input error where there isn't one vector a frame of the clip */
function eachFrame(features: tf.SymbolicTensor, frames: number): tf.SymbolicTensor {
  const [, moments, ...rest] = features.shape
  if (moments === frames && rest.length === 1) return features
  if (moments === frames && rest.length === 3)
    return applyOverTime(tf.layers.globalAveragePooling2d({ name: 'pool' }), 'pooled', features)
  throw inputError(
    'model.no-features',
    `the task has an answer for each of ${frames} frames, and the video model's features have shape [${features.shape.slice(1).join(', ')}]: take one that keeps all frames, or an image network`,
  )
}

function averaged(features: tf.SymbolicTensor): tf.SymbolicTensor {
  const overTime = (x: tf.SymbolicTensor) =>
    tf.layers.globalAveragePooling1d({ name: 'head_mean' }).apply(x) as tf.SymbolicTensor
  switch (features.shape.length) {
    case 2:
      return features
    case 3:
      return overTime(features)
    case 5: {
      const pool = tf.layers.globalAveragePooling2d({ name: 'pool' })
      return overTime(applyOverTime(pool, 'pooled', features))
    }
    default:
      throw inputError(
        'model.no-features',
        `the video model's features have shape [${features.shape.slice(1).join(', ')}]; a head needs [F], [T, F] or [T, H, W, F]`,
      )
  }
}
