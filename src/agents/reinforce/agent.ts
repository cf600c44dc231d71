import { inputError } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import type { Mask } from '../../envs/env.ts'
import { Adam, stepTogether } from '../adam.ts'
import { withAdjusted } from '../adjust.ts'
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
import { type Distribution, decisionsOf } from '../distributions/distribution.ts'
import { distributionOf, refusesActions } from '../distributions/for-space.ts'
import { explainedVariance } from '../explained-variance.ts'
import { flattenRows } from '../flatten.ts'
import { simd } from '../mlp.ts'
import { discountedReturns, normalize } from '../returns.ts'
import { pack, readCount, unpackInto } from '../state.ts'
import { transitionsOf } from '../transitions.ts'
import { type ReinforceConfig, reinforceConfig } from './config.ts'

/** Settings that a schedule may be of. */
const ADJUSTABLE = [
  'learningRate',
  'valueLearningRate',
  'entropyCoefficient',
  'maxGradNorm',
  'valueEpochs',
] as const

/**
 * REINFORCE (Williams 1992) with a learned value baseline and an entropy bonus: after every few episodes one step
 * up ∇ log π(a|s)·(G − V(s)), then the baseline is fitted to the returns.
 * Observations of any space, through its flat form; Discrete and MultiDiscrete actions, masked where the environment
 * says so, and Box actions.
 */
export class Reinforce implements Agent<unknown, unknown> {
  readonly appetite: { readonly unit: 'episode'; readonly count: number }
  readonly adjustable = ADJUSTABLE
  private settings: ReinforceConfig
  /** Shared by the optimizers, which read it at every step. */
  private readonly rates: {
    readonly policy: { learningRate: number }
    readonly value: { learningRate: number }
  }
  private readonly distribution: Distribution
  private readonly policy: Approximator
  private readonly value: Approximator
  private readonly policyOptimizer: Adam
  private readonly distributionOptimizer: Adam
  private readonly valueOptimizer: Adam
  private updates = 0

  constructor(private readonly context: AgentContext<ReinforceConfig>) {
    const { config, observationSpace, actionSpace, rng, networks, perceptron = simd } = context
    const distribution = distributionOf(actionSpace, config.initialLogStd)
    if (distribution === undefined) throw inputError('agent.refused', refusesActions(context) ?? '')
    this.distribution = distribution
    this.appetite = { unit: 'episode', count: config.episodesPerUpdate }
    const make =
      networks?.policy ?? (sizes => perceptron({ ...sizes, hidden: config.hidden, outputGain: 0.01 }))
    const makeValue = networks?.value ?? (sizes => perceptron({ ...sizes, hidden: config.hidden }))
    const inputs = observationSpace.flatSize
    const { outputs } = distribution
    this.policy = shifted(
      buildNetwork('policy', make, { inputs, outputs, rng: Rng.of(rng.int(2 ** 31), 'policy') }),
      context.initialLogits,
    )
    this.value = buildNetwork('value', makeValue, {
      inputs,
      outputs: 1,
      rng: Rng.of(rng.int(2 ** 31), 'value'),
    })
    this.settings = config
    const { learningRate, valueLearningRate } = config
    this.rates = { policy: { learningRate }, value: { learningRate: valueLearningRate } }
    this.policyOptimizer = new Adam(this.policy, this.rates.policy)
    this.distributionOptimizer = new Adam(distribution, this.rates.policy)
    this.valueOptimizer = new Adam(this.value, this.rates.value)
  }

  act(observations: readonly unknown[], { masks, explore, rng }: ActContext): readonly Decision<unknown>[] {
    const batch = flattenRows(this.context.observationSpace, observations)
    const outputs = this.policy.forward(batch, observations.length)
    const states = { rows: observations.length, outputs, masks }
    return decisionsOf(this.distribution, states, explore ? rng : undefined)
  }

  learn(trajectories: readonly Trajectory<unknown, unknown>[]): LearnReport {
    const { gamma } = this.context
    const transitions = transitionsOf(trajectories)
    if (transitions.length === 0) return {}
    const returns = Float64Array.from(
      trajectories.flatMap(trajectory => [
        ...discountedReturns(trajectory.transitions, gamma, this.bootstrap(trajectory)),
      ]),
    )
    const batch = flattenRows(
      this.context.observationSpace,
      transitions.map(({ observation }) => observation),
    )
    const values = this.value.forward(batch, transitions.length)
    const advantages = returns.map((g, t) => g - values[t])
    const explained = explainedVariance(returns, advantages)
    if (this.settings.normalizeAdvantages) normalize(advantages)

    const policyReport = this.improvePolicy(batch, transitions, advantages)
    const valueReport = this.fitValue(batch, returns)
    this.updates++
    return {
      ...policyReport,
      ...valueReport,
      explainedVariance: explained,
      // Undiscounted, mean over trajectories.
      meanReturn: transitions.reduce((sum, { reward }) => sum + reward, 0) / trajectories.length,
      transitions: transitions.length,
    }
  }

  adjust(changes: Readonly<Record<string, number>>): void {
    this.settings = withAdjusted(this.settings, changes, { schema: reinforceConfig, adjustable: ADJUSTABLE })
    this.rates.policy.learningRate = this.settings.learningRate
    this.rates.value.learningRate = this.settings.valueLearningRate
  }

  state(): AgentState {
    return {
      agent: 'reinforce',
      policy: pack(this.policy.parameters),
      value: pack(this.value.parameters),
      distribution: pack(this.distribution.parameters),
      policyOptimizer: this.policyOptimizer.state(),
      distributionOptimizer: this.distributionOptimizer.state(),
      valueOptimizer: this.valueOptimizer.state(),
      updates: this.updates,
    }
  }

  restore(state: AgentState): void {
    unpackInto(this.policy.parameters, state.policy, 'policy')
    unpackInto(this.value.parameters, state.value, 'value')
    unpackInto(this.distribution.parameters, state.distribution, 'distribution')
    this.policyOptimizer.restore(state.policyOptimizer)
    this.distributionOptimizer.restore(state.distributionOptimizer)
    this.valueOptimizer.restore(state.valueOptimizer)
    this.updates = readCount(state.updates, 'updates')
  }

  dispose(): void {
    this.policy.dispose?.()
    this.value.dispose?.()
  }

  /** One step down the mean over transitions of −log π(a|s)·advantage − c·H. */
  private improvePolicy(
    batch: Float32Array,
    transitions: readonly { readonly mask?: Mask; readonly action: unknown }[],
    advantages: Float64Array,
  ) {
    const { distribution } = this
    const { entropyCoefficient, maxGradNorm } = this.settings
    const rows = transitions.length
    const outputs = this.policy.forward(batch, rows)
    const actions = Float32Array.from(
      transitions.flatMap(({ action }) => Array.from(distribution.encode(action))),
    )
    const masks = transitions.map(({ mask }) => mask)
    const { logProbabilities, entropies } = distribution.evaluate({ rows, outputs, actions, masks })
    let [loss, entropy] = [0, 0]
    for (let t = 0; t < rows; t++) {
      loss -= (logProbabilities[t] * advantages[t]) / rows
      entropy += entropies[t] / rows
    }
    const byLogProbability = advantages.map(advantage => -advantage / rows)
    const gradient = distribution.differentiate(byLogProbability, -entropyCoefficient / rows)
    const { policy, policyOptimizer, distributionOptimizer } = this
    const gradientNorm = stepTogether(
      [{ parameters: policy.parameters, gradient: policy.backward(gradient), optimizer: policyOptimizer }],
      maxGradNorm,
    )
    stepTogether(
      [
        {
          parameters: distribution.parameters,
          gradient: distribution.gradient,
          optimizer: distributionOptimizer,
        },
      ],
      maxGradNorm,
    )
    return { policyLoss: loss, entropy, gradientNorm }
  }

  /** Steps down the mean of ½(V(s) − G)²; reports the loss before them. */
  private fitValue(batch: Float32Array, returns: Float64Array) {
    const { valueEpochs, maxGradNorm } = this.settings
    const rows = returns.length
    let valueLoss = 0
    for (let epoch = 0; epoch < valueEpochs; epoch++) {
      const errors = this.value.forward(batch, rows).map((v, t) => v - returns[t])
      if (epoch === 0) valueLoss = errors.reduce((sum, e) => sum + e * e, 0) / (2 * rows)
      const gradient = this.value.backward(errors.map(e => e / rows))
      const { parameters } = this.value
      stepTogether([{ parameters, gradient, optimizer: this.valueOptimizer }], maxGradNorm)
    }
    return { valueLoss }
  }

  /** What follows the last action: nothing after the MDP's own end, V(s) where the episode was cut. */
  private bootstrap({ terminated, truncated, finalObservation }: Trajectory<unknown, unknown>): number {
    if (terminated || !truncated) return 0
    return this.value.forward(flattenRows(this.context.observationSpace, [finalObservation]), 1)[0]
  }
}
