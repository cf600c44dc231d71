import { expect, test } from 'vitest'
import { trainTags } from '../../../../src/runner/jobs/train/tags.ts'

test('figures have the tags that Stable-Baselines3 gives them', () => {
  const report = {
    policyLoss: 1,
    valueLoss: 2,
    entropy: 3,
    kl: 4,
    clipFraction: 5,
    explainedVariance: 6,
    loss: 7,
  }
  expect(trainTags(report)).toEqual({
    'train/policy_gradient_loss': 1,
    'train/value_loss': 2,
    'train/entropy_loss': -3,
    'train/approx_kl': 4,
    'train/clip_fraction': 5,
    'train/explained_variance': 6,
    'train/loss': 7,
  })
})
