import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { startEngine } from '../../src/models/engine.ts'
import { Network } from '../../src/models/network.ts'
import { tf } from '../../src/models/tf.ts'
import { bilinearUpsampled } from '../../src/models/upsampling.ts'
import { maxDifference } from '../support/models.ts'

let engine: string

beforeAll(async () => {
  await startEngine()
  engine = tf.getBackend()
})
afterAll(() => tf.setBackend(engine))

function upsampling(factor: number): tf.LayersModel {
  const inputs = tf.input({ shape: [3, 4, 2] })
  return tf.model({ inputs, outputs: bilinearUpsampled(inputs, factor, 'up') })
}

function noise(shape: [number, number, number, number]): tf.Tensor4D {
  const rng = Rng.of(1)
  return tf.tensor4d(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => rng.normal()),
    shape,
  )
}

test.each([1, 2, 3, 4, 5, 8])('by %d it is bilinear with half-pixel centres', factor => {
  const x = noise([2, 3, 4, 2])
  const ours = upsampling(factor).predict(x) as tf.Tensor4D
  const whole = tf.image.resizeBilinear(x, [3 * factor, 4 * factor], false, true)
  expect(ours.shape).toEqual(whole.shape)
  expect(maxDifference(ours.dataSync(), whole.dataSync())).toBeLessThan(1e-5)
})

describe('its gradient', () => {
  const gradient = (): Float32Array =>
    tf.tidy(() => {
      const model = upsampling(2)
      // One map: tfjs's gradient of nearest upsampling is wrong for more on cpu, where a network composes it.
      const weights = noise([1, 6, 8, 2])
      const loss = (x: tf.Tensor) => tf.sum(tf.mul(model.apply(x) as tf.Tensor, weights)) as tf.Scalar
      return tf
        .grad(loss)(noise([1, 3, 4, 2]))
        .dataSync() as Float32Array
    })

  test.each(['cpu', 'wasm'] as const)('is the same on %s', async other => {
    await tf.setBackend(engine)
    const native = gradient()
    await startEngine({ engine: other })
    expect(maxDifference(gradient(), native)).toBeLessThan(1e-5)
  })
})

test('a model saved with the upsampling of tfjs runs on as it was', () => {
  const layers = [
    tf.layers.conv2d({ filters: 2, kernelSize: 1, inputShape: [3, 4, 2], name: 'head_map' }),
    tf.layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear', name: 'head_up_16' }),
  ]
  const model = tf.sequential({ layers })
  const x = noise([2, 3, 4, 2])
  const ours = new Network(model, { after: [] }).forward(x, 2)
  expect(maxDifference(ours.dataSync(), (model.predict(x) as tf.Tensor).dataSync())).toBeLessThan(1e-6)
})
