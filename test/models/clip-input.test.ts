import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { buildClipModel } from '../../src/models/clip-model.ts'
import { startEngine } from '../../src/models/engine.ts'
import { Network } from '../../src/models/network.ts'
import { SCALINGS } from '../../src/models/scaling.ts'
import { tf } from '../../src/models/tf.ts'
import { randomPixels, tinyImageModel } from '../support/models.ts'
import { classTask } from '../support/tasks.ts'

const FRAMES = 2
const SIDE = 12

describe('what enters a network', () => {
  beforeAll(async () => {
    await startEngine({ engine: 'tfjs-node' })
  })
  afterAll(() => tf.setBackend('tensorflow'))

  test.each(SCALINGS)('is the same to the bit on the native engine and off it: $id', async scaling => {
    const model = buildClipModel(tinyImageModel(), {
      output: classTask(2).head,
      frames: FRAMES,
      size: [SIDE, SIDE],
      scaling,
      head: 'mean',
      rng: Rng.of(3),
    })
    const network = new Network(model, { count: 2 })
    const pixels = randomPixels(2 * FRAMES * SIDE * SIDE * 3)
    const native = network.input(pixels, 2)
    expect(native.shape).toEqual([2 * FRAMES, SIDE, SIDE, 3])
    const values = native.dataSync()
    await tf.setBackend('cpu')
    const plain = network.input(pixels, 2).dataSync()
    await tf.setBackend('tensorflow')
    expect(Array.from(values)).toEqual(Array.from(plain))
  })
})
