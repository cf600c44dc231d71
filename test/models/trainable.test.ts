import { describe, expect, test } from 'vitest'
import { startEngine } from '../../src/models/engine.ts'
import { flattenModel } from '../../src/models/graph.ts'
import { tf } from '../../src/models/tf.ts'
import { refuseUntrainable } from '../../src/models/trainable.ts'

/** The layer under a dense head, which is left out: a head of our own takes its place. */
function graphOf(layer: tf.layers.Layer, shape: readonly number[]) {
  const input = tf.input({ shape: [...shape] })
  const flat = tf.layers.flatten().apply(layer.apply(input)) as tf.SymbolicTensor
  const output = tf.layers.dense({ units: 2 }).apply(flat) as tf.SymbolicTensor
  return flattenModel(tf.model({ inputs: input, outputs: output }))
}

const {
  conv1d,
  conv2d,
  conv3d,
  convLstm2d,
  depthwiseConv2d,
  separableConv2d,
  conv2dTranspose,
  thresholdedReLU,
} = tf.layers
const settings = { filters: 2, kernelSize: 3, padding: 'same' } as const
const dilated = { ...settings, dilationRate: 2 } as const

describe.each(['cpu', 'wasm'] as const)('on %s', engine => {
  const refusal = async (layer: tf.layers.Layer, shape: readonly number[]) => {
    await startEngine({ engine })
    try {
      refuseUntrainable(graphOf(layer, shape), engine)
      return undefined
    } catch (error) {
      return error
    }
  }

  test.each([
    ['conv3d', conv3d(dilated), [8, 8, 8, 1]],
    ['conv3d, in space alone', conv3d({ ...settings, dilationRate: [1, 2, 2] }), [8, 8, 8, 1]],
    ['conv3d, of pictures too large to try whole', conv3d(dilated), [256, 256, 256, 1]],
    ['separable', separableConv2d(dilated), [8, 8, 2]],
    ['in a recurrent layer', convLstm2d({ ...dilated, padding: 'valid' }), [3, 8, 8, 2]],
  ])('a dilated %s is refused, with layer and reason', async (_, layer, shape) => {
    const error = await refusal(layer, shape)
    expect(error).toMatchObject({ code: 'model.untrainable', exitCode: 2 })
    expect(String(error)).toContain(
      `layer '${layer.name}' (${layer.getClassName()}) can't be trained on ${engine}`,
    )
    expect(String(error)).toContain('it is dilated')
  })

  test.each([
    ['conv2d', conv2d(dilated), [8, 8, 2]],
    ['depthwise', depthwiseConv2d({ kernelSize: 3, dilationRate: 2 }), [8, 8, 2]],
    ['conv1d', conv1d(dilated), [8, 2]],
  ])('a dilated %s is not: its gradient is our own', async (_, layer, shape) => {
    expect(await refusal(layer, shape)).toBeUndefined()
  })

  test('a layer whose gradient tfjs lacks altogether', async () => {
    expect(String(await refusal(thresholdedReLU(), [4, 2]))).toContain(
      'gradient function not found for Greater',
    )
  })

  test.each([
    ['conv3d', conv3d(settings), [4, 8, 8, 1]],
    ['conv1d', conv1d(settings), [8, 2]],
    ['lstm', tf.layers.lstm({ units: 3, returnSequences: true }), [4, 2]],
    ['max pooling', tf.layers.maxPooling3d({}), [4, 8, 8, 1]],
  ])('%s is fine', async (_, layer, shape) => {
    expect(await refusal(layer, shape)).toBeUndefined()
  })

  test.each([
    ['transposed', conv2dTranspose(settings), [8, 8, 2]],
    ['separable', separableConv2d(settings), [8, 8, 2]],
    ['convolutional and recurrent', convLstm2d(settings), [3, 8, 8, 2]],
  ])('%s: where the engine has its gradient', async (_, layer, shape) => {
    const error = await refusal(layer, shape)
    if (engine === 'cpu') expect(error).toBeUndefined()
    else expect(String(error)).toMatch(/this engine has no gradient of it.*take the native engine/)
  })
})
