import { tf } from 'layergym'
import { describeAgent } from 'layergym/testing'
import { expect, test } from 'vitest'
import { actorCriticConfig } from '../src/actor-critic/config.ts'
import { lossOf } from '../src/actor-critic/loss.ts'
import { actorCritic } from '../src/definition.ts'

describeAgent('the actor-critic', actorCritic)

test('the loss is what it says, by hand', () => {
  const rollout = {
    rows: 1,
    observations: Float32Array.of(1),
    actions: [0],
    masks: [undefined],
    logProbabilities: [Math.log(0.25)],
    advantages: Float64Array.of(2),
    returns: Float64Array.of(3),
  }
  const config = actorCriticConfig.parse({ entropyCoefficient: 0.1, valueCoefficient: 1, epsilon: 0.5 })
  const loss = lossOf(rollout, [0], { inputs: 1, actions: 2, hidden: [] }, config)
  // Both actions are equally likely: r = 0.5 / 0.25 = 2. The value is 1.
  const value = loss(tf.tensor1d([0, 0, 0, 0]), tf.tensor1d([1, 0])).dataSync()[0]
  expect(value).toBeCloseTo((1 - 3) ** 2 - (2 * 2 - (2 / 1) * (2 - 1) ** 2) - 0.1 * Math.LN2, 5)
})
