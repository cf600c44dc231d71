import { inputError } from '../common/error.ts'
import { tf } from './tf.ts'

/**
 * A clip model for clips of another length, with copies of its weights; the model itself is left alone.
 * @throws input error where the head reads all frames at once
 */
export async function withFrames(model: tf.LayersModel, frames: number): Promise<tf.LayersModel> {
  const { sourceLayer, shape } = model.inputs[0]
  const modelTopology = JSON.parse(model.toJSON() as string, (_, value) => {
    if (value?.class_name !== 'InputLayer' || value.config.name !== sourceLayer.name) return value
    return { ...value, config: { ...value.config, batch_input_shape: [null, frames, ...shape.slice(2)] } }
  })
  // By name: which of a model's weights come first depends on what is frozen.
  const weights = new Map(model.weights.map(weight => [weight.originalName, weight.read()]))
  const other = await tf.loadLayersModel({ load: async () => ({ modelTopology }) })
  const values = other.weights.map(weight => weights.get(weight.originalName) as tf.Tensor)
  const fits = other.weights.every((weight, i) => weight.shape.join() === values[i].shape.join())
  if (!fits) {
    other.dispose()
    throw inputError(
      'model.frames',
      `the model only takes clips of ${shape[1]} frames, not ${frames}: its head reads all of them at once`,
    )
  }
  other.setWeights(values)
  return other
}
