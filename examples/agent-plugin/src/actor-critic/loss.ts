import { tf } from 'layergym'
import { maskLogits, perceptronOnTape } from 'layergym/agents'
import type { ActorCriticConfig } from './config.ts'
import type { Rollout } from './rollout.ts'

/** Sizes of the networks: observations, hidden layers. */
export interface Sizes {
  readonly inputs: number
  readonly actions: number
  readonly hidden: readonly number[]
}

/**
 * The simple policy objective of Xie et al. 2024, r·A − |A|/2ε · (r − 1)², with r = π(a|s)/π_old(a|s): a parabola whose
 * top lies at r = 1 ± ε where PPO clips. Beside it the value loss (V − R)² and an entropy bonus. One expression of the
 * parameters: the engine's tape differentiates it.
 * @param rows of the rollout, a minibatch
 */
export function lossOf(
  rollout: Rollout,
  rows: readonly number[],
  { inputs, actions, hidden }: Sizes,
  { epsilon, entropyCoefficient, valueCoefficient }: ActorCriticConfig,
) {
  const policy = perceptronOnTape([inputs, ...hidden, actions])
  const value = perceptronOnTape([inputs, ...hidden, 1])
  const pick = (from: ArrayLike<number>) => tf.tensor1d(rows.map(t => from[t]))
  const observations = tf.tensor2d(
    rows.map(t => [...rollout.observations.subarray(t * inputs, (t + 1) * inputs)]),
    [rows.length, inputs],
  )
  const chosen = tf
    .oneHot(
      tf.tensor1d(
        rows.map(t => rollout.actions[t]),
        'int32',
      ),
      actions,
    )
    .toFloat()
  const hiddenByMask = maskLogits(
    rows.map(t => rollout.masks[t]),
    actions,
  )
  const [before, advantage, target] = [rollout.logProbabilities, rollout.advantages, rollout.returns].map(
    pick,
  )

  return (policyParameters: tf.Tensor1D, valueParameters: tf.Tensor1D): tf.Scalar => {
    const logp = tf.logSoftmax(policy(policyParameters, observations).add(hiddenByMask))
    const ratio = logp.mul(chosen).sum(1).sub(before).exp()
    const objective = ratio.mul(advantage).sub(
      advantage
        .abs()
        .div(2 * epsilon)
        .mul(ratio.sub(1).square()),
    )
    const entropy = logp.exp().mul(logp).sum(1).neg()
    const error = value(valueParameters, observations).squeeze([1]).sub(target)
    return tf.mean(
      error.square().mul(valueCoefficient).sub(objective).sub(entropy.mul(entropyCoefficient)),
    ) as tf.Scalar
  }
}
