import { failure } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import type { Mask } from '../../envs/env.ts'
import { Discrete } from '../../envs/spaces.ts'
import { Adam, clipNorm } from '../adam.ts'
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
import { entropy, greedyAction, logSoftmax, policyGradient, sampleAction } from '../categorical.ts'
import { flattenRows } from '../flatten.ts'
import { Mlp } from '../mlp.ts'
import { discountedReturns, normalize } from '../returns.ts'
import { pack, readCount, unpackInto } from '../state.ts'
import type { ReinforceConfig } from './config.ts'

/**
 * REINFORCE (Williams 1992) with a learned value baseline and an entropy bonus: after every few episodes one step
 * up ∇ log π(a|s)·(G − V(s)), then the baseline is fitted to the returns.
 * Observations of any space, through its flat form; discrete actions, masked where the environment says so.
 */
export class Reinforce implements Agent<unknown, number> {
  readonly appetite: { readonly unit: 'episode'; readonly count: number }
  private readonly policy: Approximator
  private readonly value: Approximator
  private readonly policyOptimizer: Adam
  private readonly valueOptimizer: Adam
  private updates = 0

  constructor(private readonly context: AgentContext<ReinforceConfig>) {
    const { config, observationSpace, actionSpace, rng, networks } = context
    this.appetite = { unit: 'episode', count: config.episodesPerUpdate }
    const make = networks?.policy ?? (sizes => new Mlp({ ...sizes, hidden: config.hidden, outputGain: 0.01 }))
    const makeValue = networks?.value ?? (sizes => new Mlp({ ...sizes, hidden: config.hidden }))
    const inputs = observationSpace.flatSize
    const outputs = actionSpace.flatSize
    this.policy = shifted(
      buildNetwork('policy', make, { inputs, outputs, rng: Rng.of(rng.int(2 ** 31), 'policy') }),
      context.initialLogits,
    )
    this.value = buildNetwork('value', makeValue, {
      inputs,
      outputs: 1,
      rng: Rng.of(rng.int(2 ** 31), 'value'),
    })
    const { learningRate, valueLearningRate } = config
    this.policyOptimizer = new Adam(this.policy.parameters.length, { learningRate })
    this.valueOptimizer = new Adam(this.value.parameters.length, { learningRate: valueLearningRate })
  }

  act(observations: readonly unknown[], { masks, explore, rng }: ActContext): readonly Decision<number>[] {
    const logits = this.policy.forward(
      flattenRows(this.context.observationSpace, observations),
      observations.length,
    )
    return observations.map((_, row) => {
      const logp = logSoftmax(this.row(logits, row), masks[row])
      const action = explore ? sampleAction(logp, rng) : greedyAction(logp)
      return { action, logProbability: logp[action] }
    })
  }

  learn(trajectories: readonly Trajectory<unknown, number>[]): LearnReport {
    const { gamma, config } = this.context
    const transitions = trajectories.flatMap(trajectory => trajectory.transitions)
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
    if (config.normalizeAdvantages) normalize(advantages)

    const policyReport = this.improvePolicy(batch, transitions, advantages)
    const valueReport = this.fitValue(batch, returns)
    this.updates++
    return {
      ...policyReport,
      ...valueReport,
      explainedVariance: explained,
      meanReturn: meanEpisodeReturn(trajectories),
      transitions: transitions.length,
    }
  }

  state(): AgentState {
    return {
      agent: 'reinforce',
      policy: pack(this.policy.parameters),
      value: pack(this.value.parameters),
      policyOptimizer: this.policyOptimizer.state(),
      valueOptimizer: this.valueOptimizer.state(),
      updates: this.updates,
    }
  }

  restore(state: AgentState): void {
    unpackInto(this.policy.parameters, state.policy, 'policy')
    unpackInto(this.value.parameters, state.value, 'value')
    this.policyOptimizer.restore(state.policyOptimizer)
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
    transitions: readonly { readonly mask?: Mask; readonly action: number }[],
    advantages: Float64Array,
  ) {
    const { entropyCoefficient, maxGradNorm } = this.context.config
    const rows = transitions.length
    const logits = this.policy.forward(batch, rows)
    const gradient = new Float32Array(logits.length)
    let loss = 0
    let totalEntropy = 0
    transitions.forEach(({ action, mask }, t) => {
      const logp = logSoftmax(this.row(logits, t), mask)
      const advantage = advantages[t]
      policyGradient(logp, action, { advantage, entropyCoefficient, scale: 1 / rows }, this.row(gradient, t))
      loss -= (logp[action] * advantage) / rows
      totalEntropy += entropy(logp) / rows
    })
    const gradientNorm = descend(this.policy, this.policyOptimizer, gradient, maxGradNorm)
    return { policyLoss: loss, entropy: totalEntropy, gradientNorm }
  }

  /** Steps down the mean of ½(V(s) − G)²; reports the loss before them. */
  private fitValue(batch: Float32Array, returns: Float64Array) {
    const { valueEpochs, maxGradNorm } = this.context.config
    const rows = returns.length
    let valueLoss = 0
    for (let epoch = 0; epoch < valueEpochs; epoch++) {
      const errors = this.value.forward(batch, rows).map((v, t) => v - returns[t])
      if (epoch === 0) valueLoss = errors.reduce((sum, e) => sum + e * e, 0) / (2 * rows)
      descend(
        this.value,
        this.valueOptimizer,
        errors.map(e => e / rows),
        maxGradNorm,
      )
    }
    return { valueLoss }
  }

  /** What follows the last action: nothing after the MDP's own end, V(s) where the episode was cut. */
  private bootstrap({ terminated, truncated, finalObservation }: Trajectory<unknown, number>): number {
    if (terminated || !truncated) return 0
    return this.value.forward(flattenRows(this.context.observationSpace, [finalObservation]), 1)[0]
  }

  private row(matrix: Float32Array, row: number): Float32Array {
    const { flatSize } = this.context.actionSpace
    return matrix.subarray(row * flatSize, (row + 1) * flatSize)
  }
}

/** Why REINFORCE can't act here, if it can't. */
export function refusesSpaces({ actionSpace }: Pick<AgentContext, 'actionSpace'>): string | undefined {
  if (actionSpace instanceof Discrete) return undefined
  return `it chooses among discrete actions, and this action space is ${JSON.stringify(actionSpace.toJSON())}`
}

/** One optimizer step from the gradient at the outputs; returns the norm of the parameters' gradient. */
function descend(
  network: Approximator,
  optimizer: Adam,
  outputGradient: Float32Array,
  maximum: number,
): number {
  const gradient = network.backward(outputGradient)
  const norm = clipNorm(gradient, maximum)
  if (!Number.isFinite(norm)) {
    throw failure(
      'agent.diverged',
      'a gradient of the agent is not finite: rewards or observations are not, or the agent has diverged',
    )
  }
  optimizer.step(network.parameters, gradient)
  return norm
}

/** 1 − Var(G − V)/Var(G): 1 is a perfect baseline, 0 one that knows nothing; 0 where returns are all equal. */
function explainedVariance(returns: Float64Array, residuals: Float64Array): number {
  const total = variance(returns)
  return total > 1e-12 ? 1 - variance(residuals) / total : 0
}

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length
}

/** Undiscounted, mean over trajectories. */
function meanEpisodeReturn(trajectories: readonly Trajectory<unknown, number>[]): number {
  const sum = trajectories
    .flatMap(({ transitions }) => transitions)
    .reduce((total, { reward }) => total + reward, 0)
  return sum / trajectories.length
}
