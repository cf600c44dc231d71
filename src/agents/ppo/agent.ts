import { inputError } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import { Adam, descend } from '../adam.ts'
import type {
  ActContext,
  Agent,
  AgentContext,
  AgentState,
  Decision,
  LearnReport,
  Trajectory,
} from '../agent.ts'
import { type Approximator, shifted } from '../approximator.ts'
import { buildNetwork } from '../build-network.ts'
import type { Distribution, Evaluated } from '../distributions/distribution.ts'
import { distributionOf, refusesActions } from '../distributions/for-space.ts'
import { explainedVariance } from '../explained-variance.ts'
import { flattenRows, gatherRows } from '../flatten.ts'
import { restoreRng } from '../learning-rng.ts'
import { simd } from '../mlp.ts'
import { pack, readCount, unpackInto } from '../state.ts'
import { type PpoConfig, type PpoSettings, ppoSettings } from './config.ts'
import { type Figures, figureNames, noFigures, standardize } from './figures.ts'
import { layOut, type Rollout } from './rollout.ts'

/**
 * Proximal policy optimisation (Schulman et al. 2017), with the details of CleanRL's ppo.py (Huang et al. 2022, "The
 * 37 implementation details of PPO"): a few epochs of minibatches over each rollout, up the clipped objective.
 * Observations of any space, through its flat form; Discrete and MultiDiscrete actions, masked where the environment
 * says so, and Box actions.
 */
export class Ppo implements Agent<unknown, unknown> {
  readonly appetite: { readonly unit: 'step' | 'episode'; readonly count: number }
  private readonly settings: PpoSettings
  private readonly distribution: Distribution
  private readonly policy: Approximator
  private readonly value: Approximator
  /** Shared by the optimizers, which read it at every step: annealing writes it. */
  private readonly rate: { learningRate: number; readonly epsilon: number }
  private readonly optimizers: { readonly policy: Adam; readonly distribution: Adam; readonly value: Adam }
  /** Shuffles minibatches; nothing else draws from it. */
  private rng: Rng
  private steps = 0
  private updates = 0
  private scratch: Float32Array = new Float32Array(0)

  constructor(private readonly context: AgentContext<PpoConfig>) {
    const { observationSpace, actionSpace, rng, networks, perceptron = simd } = context
    const settings = ppoSettings(context.config, actionSpace)
    const distribution = distributionOf(actionSpace, settings.initialLogStd)
    if (distribution === undefined) throw inputError('agent.refused', refusesActions(context) ?? '')
    this.settings = settings
    this.distribution = distribution
    const { episodesPerUpdate, numSteps, hidden, learningRate } = settings
    this.appetite =
      episodesPerUpdate === undefined
        ? { unit: 'step', count: numSteps }
        : { unit: 'episode', count: episodesPerUpdate }
    const make = networks?.policy ?? (sizes => perceptron({ ...sizes, hidden, outputGain: 0.01 }))
    const makeValue = networks?.value ?? (sizes => perceptron({ ...sizes, hidden }))
    const inputs = observationSpace.flatSize
    const stream = (name: string) => Rng.of(rng.int(2 ** 31), name)
    const { outputs } = distribution
    this.policy = shifted(
      buildNetwork('policy', make, { inputs, outputs, rng: stream('policy') }),
      context.initialLogits,
    )
    this.value = buildNetwork('value', makeValue, { inputs, outputs: 1, rng: stream('value') })
    this.rng = stream('learning')
    this.rate = { learningRate, epsilon: 1e-5 }
    this.optimizers = {
      policy: new Adam(this.policy.parameters.length, this.rate),
      distribution: new Adam(distribution.parameters.length, this.rate),
      value: new Adam(this.value.parameters.length, this.rate),
    }
  }

  act(observations: readonly unknown[], { masks, explore, rng }: ActContext): readonly Decision<unknown>[] {
    const batch = flattenRows(this.context.observationSpace, observations, this.scratch)
    if (batch.length > this.scratch.length) this.scratch = batch
    const outputs = this.policy.forward(batch, observations.length)
    const stream = explore ? rng : undefined
    return observations.map((_, row) => this.distribution.choose(outputs, row, masks[row], stream))
  }

  learn(trajectories: readonly Trajectory<unknown, unknown>[]): LearnReport {
    const { settings, context, policy, value, distribution } = this
    const { gamma, observationSpace: space } = context
    const rollout = layOut(trajectories, { policy, value, distribution, space, gamma, ...settings })
    if (rollout.rows === 0) return {}
    if (settings.annealLearningRate) {
      this.rate.learningRate = settings.learningRate * Math.max(0, 1 - this.steps / settings.totalSteps)
    }
    const figures = this.improve(rollout)
    this.steps += rollout.rows
    this.updates++
    return {
      ...figures,
      explainedVariance: explainedVariance(rollout.returns, rollout.advantages),
      learningRate: this.rate.learningRate,
      transitions: rollout.rows,
    }
  }

  /** Epochs of minibatches, until the policy has gone far enough; figures are means over minibatches. */
  private improve(rollout: Rollout): LearnReport {
    const { epochs, targetKl } = this.settings
    const minibatches = Math.min(this.settings.minibatches, rollout.rows)
    const order = Array.from({ length: rollout.rows }, (_, t) => t)
    const total = noFigures()
    let epoch = 0
    for (let kl = 0; epoch < epochs && !(targetKl !== undefined && kl > targetKl); epoch++) {
      const shuffled = this.rng.shuffle(order)
      kl = 0
      for (let m = 0; m < minibatches; m++) {
        const bound = (k: number) => Math.floor((rollout.rows * k) / minibatches)
        const figures = this.descend(rollout, shuffled.slice(bound(m), bound(m + 1)))
        kl += figures.approximateKl / minibatches
        for (const name of figureNames) total[name] += figures[name]
      }
    }
    for (const name of figureNames) total[name] /= epoch * minibatches
    return { ...total, epochs: epoch }
  }

  /**
   * One optimizer step on the rows `batch`, down the mean of
   * −min(r·A, clip(r, 1 − ε, 1 + ε)·A) − c_H·H + c_V·½(V − R)², r = π(a|s)/π_old(a|s).
   */
  private descend(rollout: Rollout, batch: readonly number[]): Figures {
    const { policy, value, distribution, optimizers } = this
    const { maxGradNorm, entropyCoefficient } = this.settings
    const rows = batch.length
    const observations = gatherRows(rollout.observations, policy.inputs, batch)
    const actions = gatherRows(rollout.actions, distribution.actionSize, batch)
    const masks = rollout.masks && batch.map(t => rollout.masks?.[t])
    const outputs = policy.forward(observations, rows)
    const now = distribution.evaluate({ rows, outputs, actions, masks })
    const values = value.forward(observations, rows)
    const { byLogProbability, byValue, figures } = this.lossOf(rollout, batch, now, values)
    const byOutputs = distribution.differentiate(byLogProbability, -entropyCoefficient / rows)
    const gradientNorm = descend(
      maxGradNorm,
      { optimizer: optimizers.policy, parameters: policy.parameters, gradient: policy.backward(byOutputs) },
      {
        optimizer: optimizers.distribution,
        parameters: distribution.parameters,
        gradient: distribution.gradient,
      },
      { optimizer: optimizers.value, parameters: value.parameters, gradient: value.backward(byValue) },
    )
    return { ...figures, gradientNorm }
  }

  /** The loss of `descend`, differentiated by log π(a|s) and V(s) of each row. */
  private lossOf(rollout: Rollout, batch: readonly number[], now: Evaluated, values: Float32Array) {
    const { clip, valueCoefficient, normalizeAdvantages, clipValueLoss } = this.settings
    const rows = batch.length
    const advantages = Float64Array.from(batch, t => rollout.advantages[t])
    if (normalizeAdvantages) standardize(advantages)
    const byLogProbability = new Float64Array(rows)
    const byValue = new Float32Array(rows)
    const figures = noFigures()
    for (let k = 0; k < rows; k++) {
      const t = batch[k]
      const logRatio = now.logProbabilities[k] - rollout.logProbabilities[t]
      const ratio = Math.exp(logRatio)
      const surrogate = ratio * advantages[k]
      const clipped = Math.min(Math.max(ratio, 1 - clip), 1 + clip) * advantages[k]
      // Where the clipped objective is the smaller, it doesn't move with the policy.
      byLogProbability[k] = surrogate <= clipped ? -surrogate / rows : 0

      const error = values[k] - rollout.returns[t]
      const moved = values[k] - rollout.values[t]
      const held = rollout.values[t] + Math.min(Math.max(moved, -clip), clip) - rollout.returns[t]
      const counts = !clipValueLoss || error * error >= held * held
      byValue[k] = counts ? (valueCoefficient * error) / rows : 0

      figures.policyLoss -= Math.min(surrogate, clipped) / rows
      figures.valueLoss += (0.5 * (counts ? error * error : held * held)) / rows
      figures.entropy += now.entropies[k] / rows
      // http://joschu.net/blog/kl-approx.html: unbiased, never negative.
      figures.approximateKl += (ratio - 1 - logRatio) / rows
      figures.clipFraction += Math.abs(ratio - 1) > clip ? 1 / rows : 0
    }
    return { byLogProbability, byValue, figures }
  }

  state(): AgentState {
    const { policy, distribution, value } = this.optimizers
    return {
      agent: 'ppo',
      policy: pack(this.policy.parameters),
      distribution: pack(this.distribution.parameters),
      value: pack(this.value.parameters),
      policyOptimizer: policy.state(),
      distributionOptimizer: distribution.state(),
      valueOptimizer: value.state(),
      rng: this.rng.state(),
      steps: this.steps,
      updates: this.updates,
    }
  }

  restore(state: AgentState): void {
    unpackInto(this.policy.parameters, state.policy, 'policy')
    unpackInto(this.distribution.parameters, state.distribution, 'distribution')
    unpackInto(this.value.parameters, state.value, 'value')
    this.optimizers.policy.restore(state.policyOptimizer)
    this.optimizers.distribution.restore(state.distributionOptimizer)
    this.optimizers.value.restore(state.valueOptimizer)
    this.rng = restoreRng(state.rng)
    this.steps = readCount(state.steps, 'steps')
    this.updates = readCount(state.updates, 'updates')
  }

  dispose(): void {
    this.policy.dispose?.()
    this.value.dispose?.()
  }
}
