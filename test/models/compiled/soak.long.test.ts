import { beforeAll, expect, test } from 'vitest'
import { startEngine } from '../../../src/models/engine.ts'
import { compileFunction } from '../../../src/models/function/compile.ts'
import { tf } from '../../../src/models/tf.ts'
import { pairOf } from '../../support/compiled.ts'

beforeAll(async () => {
  await startEngine({ engine: 'tfjs-node' })
})

const megabytes = () => process.memoryUsage().rss / 2 ** 20
const turn = () => new Promise(resolve => setImmediate(resolve))

test('2,000 steps of 50 signatures, a moment taken every few: neither tensors nor the resident set grow', async () => {
  const pair = await pairOf('models/mnist_cnn', { size: 28, clips: 2, frames: 2 }, { kind: 'adamw' })
  const { compiled, network, batch } = pair
  const groups = network.groups.length
  const after: number[] = []
  const tensors: number[] = []
  for (let step = 0; step < 2000; step++) {
    // As many as there are momenta; fewer are kept than come.
    const signature = Math.floor(step / 10) % 50
    const rates = network.groups.map((_, group) => (group === signature % groups ? 0 : 1e-4))
    const entering = batch(step % 7)
    compiled.step(entering, rates, { momentum: 0.5 + signature / 100 })
    entering.input.dispose()
    if (step % 4 === 0) compiled.snapshot()
    await turn()
    if (step % 200 === 199) {
      after.push(megabytes())
      tensors.push(tf.memory().numTensors)
    }
  }
  process.stderr.write(`resident MB ${after.map(Math.round)}, tensors ${tensors}\n`)
  expect(after[after.length - 1]).toBeLessThan(1.15 * Math.max(...after.slice(2, 5)))
  expect(tensors[tensors.length - 1]).toBeLessThan(2 * Math.max(...tensors.slice(2, 5)))
})

test('10,000 calls and 100 signatures of a function: the resident set stays', async () => {
  const f = compileFunction((x: tf.Tensor) => tf.tidy(() => tf.softmax(tf.mul(tf.add(x, 1), x))))
  const call = (rows: number) => tf.tidy(() => void f(tf.ones([rows, 64])))
  for (let rows = 1; rows <= 100; rows++) call(rows)
  const before = megabytes()
  for (let i = 0; i < 10_000; i++) {
    call(100)
    if (i % 100 === 0) await turn()
  }
  for (let rows = 1; rows <= 100; rows++) call(rows)
  expect(megabytes()).toBeLessThan(1.1 * before)
})
