import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '../../../src/models/engine.ts'
import { createOptimizer } from '../../../src/models/optimizer.ts'
import { tf } from '../../../src/models/tf.ts'
import { golden } from '../../support/golden-optimizers.ts'
import { maxDifference } from '../../support/models.ts'

beforeAll(async () => {
  await startEngine({ engine: 'tfjs-node' })
})

describe("an optimizer's rule on the engine equals PyTorch's to 1e-6, with a rate a group and groups frozen and thawed", () => {
  test.each(golden.cases)('$name', ({ options, values, slots }) => {
    const rule = createOptimizer(options).onEngine
    if (rule === undefined) throw new Error('no rule')
    for (const [name, start] of Object.entries(golden.start)) {
      let now: tf.Tensor = tf.tensor1d([...start])
      let own: readonly tf.Tensor[] = rule.slots.map(() => tf.zeros([start.length]))
      let step = 0
      golden.rates.forEach((rates, at) => {
        const rate = rates[name]
        if (rate !== null) {
          const scalars = rule.scalars(rate, ++step).map(value => tf.scalar(value))
          const after = rule.apply(now, tf.tensor1d([...golden.gradients[at][name]]), own, scalars)
          now = after.value
          own = after.slots
        }
        const expected = Float32Array.from(values[at][name])
        const found = now.dataSync() as Float32Array
        expect(maxDifference(found, expected), `step ${at}, ${name}`).toBeLessThan(1e-6)
      })
      rule.slots.forEach((slot, i) => {
        const expected = Float32Array.from(slots[name][slot])
        const size = Math.max(1, ...expected.map(Math.abs))
        const found = own[i].dataSync() as Float32Array
        expect(maxDifference(found, expected) / size, `${name}'s ${slot}`).toBeLessThan(1e-6)
      })
    }
  })
})
