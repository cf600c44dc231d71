import { inputError } from '../common/error.ts'
import type { Rng } from '../common/random.ts'
import { tf } from './tf.ts'

/**
 * A video model as it is, [T, H, W, C] pixels in, with its last weighted layer replaced by one for these
 * classes. What it makes per frame or per voxel is averaged first.
 */
export function adaptVideoModel(model: tf.LayersModel, classes: number, rng: Rng): tf.LayersModel {
  const last = model.layers.findLast(layer => layer.weights.length > 0)
  if (last === undefined || Array.isArray(last.input)) {
    throw inputError('model.no-features', `the model '${model.name}' has no last layer to replace by a head`)
  }
  const dense = tf.layers.dense({
    units: classes,
    name: 'head_logits',
    kernelInitializer: tf.initializers.glorotUniform({ seed: rng.int(2 ** 31) }),
  })
  const logits = dense.apply(averaged(last.input)) as tf.SymbolicTensor
  const softmax = tf.layers.activation({ activation: 'softmax', name: 'probabilities' })
  return tf.model({
    inputs: model.inputs,
    outputs: softmax.apply(logits) as tf.SymbolicTensor,
    name: 'video_model',
  })
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
      return overTime(
        tf.layers.timeDistributed({ layer: pool, name: 'pooled' }).apply(features) as tf.SymbolicTensor,
      )
    }
    default:
      throw inputError(
        'model.no-features',
        `the video model's features have shape [${features.shape.slice(1).join(', ')}]; a head needs [F], [T, F] or [T, H, W, F]`,
      )
  }
}
