import { inputError } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
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
import type { ArrayAgent, ArrayRollout, ChosenRows } from '../arrays.ts'
import { buildNetwork } from '../build-network.ts'
import { type Distribution, decisionsOf } from '../distributions/distribution.ts'
import { distributionOf, refusesActions } from '../distributions/for-space.ts'
import { explainedVariance } from '../explained-variance.ts'
import { flattenRows, gatherRows } from '../flatten.ts'
import { restoreRng } from '../learning-rng.ts'
import { backwardBoth, forwardBoth } from '../mlp.ts'
import { networksOf } from '../network.ts'
import { appetiteOf } from '../settings.ts'
import { pack, readCount, unpackInto } from '../state.ts'
import { layOut } from '../transitions.ts'
import { type PpoConfig, type PpoSettings, ppoConfig, ppoSettings } from './config.ts'
import type { Figures } from './figures.ts'
import { ClippedLoss } from './loss.ts'
import { type Rollout, valued } from './rollout.ts'
import { improve } from './step.ts'

/** Settings that a schedule may be of. */
export const ADJUSTABLE = [
  'learningRate',
  'clip',
  'entropyCoefficient',
  'valueCoefficient',
  'lambda',
  'epochs',
  'minibatches',
  'maxGradNorm',
  'targetKl',
] as const

/**
 * Proximal policy optimisation (Schulman et al. 2017), with the details of CleanRL's ppo.py (Huang et al. 2022, "The
 * 37 implementation details of PPO"): a few epochs of minibatches over each rollout, up the clipped objective.
 * Observations of any space, through its flat form; Discrete and MultiDiscrete actions, masked where the environment
 * says so, and Box actions.
 */
export class Ppo implements Agent<unknown, unknown> {
  readonly appetite: { readonly unit: 'step' | 'episode'; readonly count: number }
  readonly adjustable = ADJUSTABLE
  private settings: PpoSettings
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
  private minibatch: Float32Array = new Float32Array(0)
  private readonly loss = new ClippedLoss()
  private readonly overArrays: ArrayAgent = {
    actRows: (observations, rows, rng) => this.actRows(observations, rows, rng),
    learnRows: rollout => this.learnRows(rollout),
  }

  constructor(private readonly context: AgentContext<PpoConfig>) {
    const { observationSpace, actionSpace, rng, networks } = context
    const settings = ppoSettings(context.config, actionSpace)
    const distribution = distributionOf(actionSpace, settings.initialLogStd)
    if (distribution === undefined) throw inputError('agent.refused', refusesActions(context) ?? '')
    this.settings = settings
    this.distribution = distribution
    const { hidden, activation, network, learningRate } = settings
    this.appetite = appetiteOf(settings, settings.numSteps)
    const own = networksOf(network, context)
    const make = networks?.policy ?? own({ hidden, activation, outputGain: 0.01 })
    const makeValue = networks?.value ?? own({ hidden, activation })
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
      policy: new Adam(this.policy, this.rate),
      distribution: new Adam(distribution, this.rate),
      value: new Adam(this.value, this.rate),
    }
  }

  /** Absent where `act` or `learn` has been overridden. */
  get arrays(): ArrayAgent | undefined {
    const { act, learn } = Ppo.prototype
    return this.act === act && this.learn === learn ? this.overArrays : undefined
  }

  act(observations: readonly unknown[], { masks, explore, rng }: ActContext): readonly Decision<unknown>[] {
    const batch = flattenRows(this.context.observationSpace, observations, this.scratch)
    if (batch.length > this.scratch.length) this.scratch = batch
    const outputs = this.policy.forward(batch, observations.length)
    const states = { rows: observations.length, outputs, masks }
    return decisionsOf(this.distribution, states, explore ? rng : undefined)
  }

  learn(trajectories: readonly Trajectory<unknown, unknown>[]): LearnReport {
    const { context, distribution } = this
    return this.learnRows(layOut(trajectories, { space: context.observationSpace, distribution }))
  }

  private actRows(observations: Float32Array, rows: number, rng: Rng): ChosenRows {
    const outputs = this.policy.forward(observations, rows)
    return this.distribution.choose({ rows, outputs, masks: undefined }, rng)
  }

  private learnRows(given: ArrayRollout): LearnReport {
    if (given.rows === 0) return {}
    const { settings, context, policy, value, distribution } = this
    const { gamma } = context
    const rollout = valued(given, { policy, value, distribution, gamma, lambda: settings.lambda })
    if (settings.annealLearningRate) {
      this.rate.learningRate = settings.learningRate * Math.max(0, 1 - this.steps / settings.totalSteps)
    }
    const figures = improve(rollout.rows, settings, this.rng, rows => this.descend(rollout, rows))
    this.steps += rollout.rows
    this.updates++
    return {
      ...figures,
      explainedVariance: explainedVariance(rollout.returns, rollout.advantages),
      learningRate: this.rate.learningRate,
      transitions: rollout.rows,
    }
  }

  /** One optimizer step on some rows. */
  private descend(rollout: Rollout, rows: Int32Array): Figures {
    const { policy, value, distribution, optimizers, settings } = this
    const observations = gatherRows(rollout.observations, policy.inputs, rows, this.minibatch)
    if (observations.length > this.minibatch.length) this.minibatch = observations
    const [outputs, values] = forwardBoth([policy, observations], [value, observations], rows.length)
    const loss = this.loss.of(rollout, { rows, outputs, values, distribution }, settings)
    const [byPolicy, byValue] = backwardBoth([policy, loss.byOutputs], [value, loss.byValues])
    const gradientNorm = stepTogether(
      [
        {
          parameters: policy.parameters,
          gradient: byPolicy,
          optimizer: optimizers.policy,
        },
        {
          parameters: distribution.parameters,
          gradient: distribution.gradient,
          optimizer: optimizers.distribution,
        },
        {
          parameters: value.parameters,
          gradient: byValue,
          optimizer: optimizers.value,
        },
      ],
      settings.maxGradNorm,
    )
    return { ...loss.figures, gradientNorm }
  }

  adjust(changes: Readonly<Record<string, number>>): void {
    this.settings = withAdjusted(this.settings, changes, { schema: ppoConfig, adjustable: ADJUSTABLE })
    if (changes.learningRate === undefined) return
    // A schedule from outside takes the place of the annealing.
    this.settings = { ...this.settings, annealLearningRate: false }
    this.rate.learningRate = this.settings.learningRate
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
