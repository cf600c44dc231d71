import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '../../../src/models/engine.ts'
import { functionBackend } from '../../../src/models/function/binding.ts'
import { compileFunction } from '../../../src/models/function/compile.ts'
import { tf } from '../../../src/models/tf.ts'

beforeAll(async () => {
  await startEngine({ engine: 'tfjs-node' })
  expect(functionBackend()).toBeDefined()
})

const valuesOf = (tensor: tf.Tensor) => {
  const values = Array.from(tensor.dataSync())
  tensor.dispose()
  return values
}

describe('a compiled function', () => {
  test('gives what its body gives, for values that it was not made with', () => {
    const f = compileFunction((x: tf.Tensor, y: tf.Tensor) =>
      tf.add(tf.matMul(x, y), tf.sum(tf.square(x), 1, true)),
    )
    const of = (seed: number) =>
      [
        tf.randomNormal([3, 4], 0, 1, 'float32', seed),
        tf.randomNormal([4, 2], 0, 1, 'float32', seed + 1),
      ] as const
    for (const seed of [1, 5]) {
      const [x, y] = of(seed)
      const expected = valuesOf(tf.tidy(() => tf.add(tf.matMul(x, y), tf.sum(tf.square(x), 1, true))))
      expect(valuesOf(f(x, y))).toEqual(expected)
    }
    expect(f.signatures).toBe(1)
    f(tf.ones([2, 4]), tf.ones([4, 2]))
    expect(f.signatures).toBe(2)
    f.dispose()
    expect(f.signatures).toBe(0)
  })

  test('takes gradients and custom gradients inside', () => {
    const cube = tf.customGrad((x, save) => {
      ;(save as tf.GradSaveFunc)([x as tf.Tensor])
      return {
        value: tf.pow(x as tf.Tensor, 3),
        gradFunc: (dy: tf.Tensor, [kept]: tf.Tensor[]) => tf.mul(dy, tf.mul(7, tf.square(kept))),
      }
    })
    const f = compileFunction((x: tf.Tensor) => tf.grad(at => tf.sum(cube(at)))(x))
    expect(valuesOf(f(tf.tensor1d([1, 2])))).toEqual([7, 28])
    expect(valuesOf(f(tf.tensor1d([3, 0])))).toEqual([63, 0])
  })

  test('takes int and bool arguments, and gives several results, arguments and constants among them', () => {
    const f = compileFunction((x: tf.Tensor, i: tf.Tensor, b: tf.Tensor) => [
      tf.where(b, x, tf.neg(x)),
      tf.gather(x, i as tf.Tensor1D),
      x,
      tf.scalar(5),
      ...tf.split(x, [1, 2]),
    ])
    const run = (x: number[], i: number[], b: boolean[]) =>
      f(tf.tensor1d(x), tf.tensor1d(i, 'int32'), tf.tensor1d(b, 'bool')).map(valuesOf)
    run([1, 1, 1], [0, 0], [true, true, true])
    expect(run([1, 2, 3], [2, 0], [true, false, true])).toEqual([
      [1, -2, 3],
      [3, 1],
      [1, 2, 3],
      [5],
      [1],
      [2, 3],
    ])
  })

  test('reads variables as they are at each call, and arguments that are one tensor as two', () => {
    const v = tf.variable(tf.tensor1d([1, 2]))
    const f = compileFunction((x: tf.Tensor, y: tf.Tensor) => tf.add(tf.mul(x, v), tf.mul(10, y)))
    const x = tf.tensor1d([1, 1])
    expect(valuesOf(f(x, x))).toEqual([11, 12])
    v.assign(tf.tensor1d([3, 4]))
    expect(valuesOf(f(x, tf.tensor1d([2, 0])))).toEqual([23, 4])
    v.dispose()
  })

  test('refuses what it cannot know, by the name of the operation', () => {
    const elsewhere = tf.add(tf.tensor1d([1, 2]), 1)
    const reading = compileFunction((x: tf.Tensor) => tf.mul(x, tf.softmax(x).dataSync()[0]))
    expect(() => reading(tf.tensor1d([1, 2]))).toThrow(/Softmax is read on the host/)
    const capturing = compileFunction((x: tf.Tensor) => tf.sub(x, elsewhere))
    expect(() => capturing(tf.tensor1d([1, 2]))).toThrow(/Sub reads a tensor that is neither an argument/)
    // What was refused leaves nothing behind.
    expect(valuesOf(tf.add(tf.tensor1d([1]), 1))).toEqual([2])
  })

  test('may read constants on the host', () => {
    const f = compileFunction((x: tf.Tensor) => tf.mul(x, tf.sum(tf.tensor1d([2, 3])).dataSync()[0]))
    expect(valuesOf(f(tf.tensor1d([1, 2])))).toEqual([5, 10])
  })

  test('leaks neither tensors nor functions: many calls, more signatures than are kept', () => {
    const f = compileFunction((x: tf.Tensor) => tf.tidy(() => tf.softmax(tf.add(x, 1))), { signatures: 4 })
    const x = tf.ones([2, 3])
    f(x).dispose()
    const before = tf.memory().numTensors
    for (let call = 0; call < 2000; call++) f(x).dispose()
    for (let rows = 1; rows <= 20; rows++)
      tf.tidy(() => {
        f(tf.ones([rows, 3]))
      })
    expect(f.signatures).toBe(4)
    expect(tf.memory().numTensors).toBe(before)
    f.dispose()
  })

  test('runs as it is on another engine, its results its own', async () => {
    const f = compileFunction((x: tf.Tensor) => [tf.add(x, 1), x])
    await tf.setBackend('cpu')
    try {
      const x = tf.tensor1d([1, 2])
      const [y, same] = f(x)
      same.dispose()
      expect([valuesOf(y), valuesOf(x)]).toEqual([
        [2, 3],
        [1, 2],
      ])
      expect(f.signatures).toBe(0)
    } finally {
      await tf.setBackend('tensorflow')
    }
  })
})
