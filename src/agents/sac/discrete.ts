import { entropy, greedyAction, logSoftmax, sampleAction } from '../distributions/softmax.ts'
import { forwardBoth } from '../mlp.ts'
import type { Batch } from '../replay/replay.ts'
import { type ActorLoss, type Form, type Networks, smaller } from './form.ts'

/**
 * SAC over a few actions (Christodoulou 2019): critics value all of them, and expectations are sums. What a mask hides has
 * probability 0, and the entropy that is aimed at is a share of the most that the mask leaves.
 */
export class DiscreteForm implements Form {
  readonly actorOutputs: number
  readonly criticOutputs: number
  readonly criticInputs: number
  readonly actionSize = 1
  readonly masked: number

  constructor(
    inputs: number,
    private readonly actions: number,
    private readonly aim: { readonly entropyShare: number; readonly targetEntropy?: number },
  ) {
    this.actorOutputs = actions
    this.criticOutputs = actions
    this.criticInputs = inputs
    this.masked = actions
  }

  encode(action: unknown): number {
    return action as number
  }

  choose(outputs: Float32Array, { mask, rng }: Parameters<Form['choose']>[1]) {
    const logp = logSoftmax(outputs, mask)
    const action = rng === undefined ? greedyAction(logp) : sampleAction(logp, rng)
    return { action, logProbability: logp[action] }
  }

  nextValues({ nextObservations, nextMasks, rewards }: Batch, networks: Networks, temperature: number) {
    const rows = rewards.length
    const policy = this.policyOf(networks.actor.forward(nextObservations, rows), nextMasks)
    const [first, second] = networks.targets
    const [a, b] = forwardBoth([first, nextObservations], [second, nextObservations], rows)
    const { values } = smaller(a, b)
    return Float32Array.from(policy, (logp, k) => -this.expected(logp, values, k, temperature))
  }

  valued({ observations, actions }: Batch) {
    return { inputs: observations, chosen: (row: number) => actions[row] }
  }

  actor({ observations, masks, rewards }: Batch, networks: Networks, temperature: number): ActorLoss {
    const { actions } = this
    const rows = rewards.length
    const policy = this.policyOf(networks.actor.forward(observations, rows), masks)
    const [first, second] = networks.critics
    const [a, b] = forwardBoth([first, observations], [second, observations], rows)
    const { values } = smaller(a, b)
    const byLogits = new Float32Array(rows * actions)
    let [loss, held, target] = [0, 0, 0]
    for (const [k, logp] of policy.entries()) {
      const mean = this.expected(logp, values, k, temperature)
      for (let i = 0; i < actions; i++) {
        const p = Math.exp(logp[i])
        if (p > 0)
          byLogits[k * actions + i] = (p * (temperature * logp[i] - values[k * actions + i] - mean)) / rows
      }
      loss += mean / rows
      held += entropy(logp) / rows
      target += this.targetOf(logp) / rows
    }
    return { loss, gradient: networks.actor.backward(byLogits), entropy: held, target }
  }

  /** Σ π (α log π − Q) of a row. */
  private expected(logp: Float64Array, values: Float32Array, row: number, temperature: number): number {
    let sum = 0
    for (let i = 0; i < logp.length; i++) {
      if (logp[i] === -Infinity) continue
      sum += Math.exp(logp[i]) * (temperature * logp[i] - values[row * this.actions + i])
    }
    return sum
  }

  private targetOf(logp: Float64Array): number {
    const { entropyShare, targetEntropy } = this.aim
    return targetEntropy ?? entropyShare * Math.log(logp.filter(x => x > -Infinity).length)
  }

  private policyOf(logits: Float32Array, masks: Uint8Array): readonly Float64Array[] {
    const { actions } = this
    return Array.from({ length: logits.length / actions }, (_, k) =>
      logSoftmax(
        logits.subarray(k * actions, (k + 1) * actions),
        masks.subarray(k * actions, (k + 1) * actions),
      ),
    )
  }
}
