import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { startEngine } from '../../../src/models/engine.ts'
import { differenceAfter, pairOf } from '../../support/compiled.ts'

beforeAll(async () => {
  await startEngine({ engine: 'tfjs-node' })
})

/** TensorFlow aborts the process where it fuses what can't be fused; networks.long.test.ts compares all else. */
test.each([
  'char_lstm',
  'gru_tiny',
  'mnist_cnn',
  'mobilenet_v2_035_224_tm',
  'resnet20_cifar10',
  'tiny_face_detector',
])('%s takes a compiled step, which is the eager one', async name => {
  const pair = await pairOf(join('models', name), { size: 32, clips: 2, frames: 3 })
  expect(differenceAfter(pair, 1, 1e-3, 'batch')).toBeLessThan(1e-6)
})
