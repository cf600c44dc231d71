import { beforeAll, describe, expect, test } from 'vitest'
import { mean } from '../../../src/common/statistics.ts'
import { IGNORED } from '../../../src/data/annotation.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { checkTask } from '../../../src/models/tasks/check.ts'
import { cellsOf, classesOfPixels } from '../../../src/models/tasks/segmentation/cells.ts'
import { sceneSegmentation } from '../../../src/models/tasks/segmentation/segmentation.ts'
import { tf } from '../../../src/models/tf.ts'
import { masked } from '../../support/annotated.ts'

const INPUT = { frames: 1, size: [64, 64], fit: 'stretch', strides: [8, 16] } as const

beforeAll(async () => {
  await startEngine()
})

describe('cells', () => {
  test('hold the shares of their pixels that are of each class', () => {
    const mask = Uint8Array.from([0, 0, 1, 1, 0, 1, 1, IGNORED])
    const { shares, known } = cellsOf([mask], [2, 4], 2, 2)
    expect([...shares]).toEqual([0.75, 0.25, 0, 0.75])
    expect(known).toBe(1.75)
  })

  test('are brought to pixels as TensorFlow does it', () => {
    const logits = tf.randomNormal([1, 4, 6, 3], 0, 1, 'float32', 7)
    const expected = tf.tidy(() =>
      tf.argMax(tf.image.resizeBilinear(logits as tf.Tensor4D, [32, 48], false, true), -1).dataSync(),
    )
    const found = classesOfPixels(logits.dataSync() as Float32Array, [32, 48], 8, 3)
    expect([...found]).toEqual([...expected])
    logits.dispose()
  })
})

describe('the task', () => {
  test.each(['none', 'weights'] as const)(
    'keeps its contract, balance %s',
    balance => {
      const { dataset, items } = masked(12)
      const found = checkTask(sceneSegmentation, { dataset, items, input: INPUT, balance })
      // Cells of two classes can't say which of their pixels are which.
      expect(found.filter(({ code }) => code !== 'score.perfect')).toEqual([])
    },
    120_000,
  )

  test('a fresh head loses the entropy of the pixels', () => {
    const { dataset, items } = masked(12)
    const facts = sceneSegmentation.facts({ dataset, train: dataset.clips, balance: 'none', input: INPUT })
    const task = sceneSegmentation.create(facts)
    const entropy = -facts.shares.reduce((sum, share) => sum + share * Math.log(share), 0)
    const values = tf.tidy(() =>
      tf.tile(tf.reshape(tf.tensor(task.head.start), [1, 1, 1, 1, 3]), [12, 1, 8, 8, 1]),
    )
    const losses = tf.tidy(() =>
      task
        .loss(
          { values, activated: false },
          items.map(item => task.target(item)),
        )
        .dataSync(),
    )
    values.dispose()
    expect(mean(losses)).toBeCloseTo(entropy, 4)
  })

  test('data without masks, or with others than the model knows', () => {
    const { dataset } = masked(4)
    const { maskClasses: _, ...bare } = dataset
    expect(() => sceneSegmentation.check(bare)).toThrow(/no masks.*column 'mask'/)
    const facts = sceneSegmentation.facts({ dataset, train: dataset.clips, balance: 'none', input: INPUT })
    expect(() => sceneSegmentation.check({ ...dataset, maskClasses: ['sky', 'sea', 'car'] }, facts)).toThrow(
      /same order/,
    )
  })
})
