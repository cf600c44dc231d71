import { inputError } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import { unknownName } from '../../common/suggest.ts'
import type { Space } from '../../envs/env.ts'
import { Box } from '../../envs/spaces.ts'
import type {
  ActContext,
  Agent,
  AgentContext,
  AgentState,
  Decision,
  LearnReport,
  Trajectory,
} from '../agent.ts'
import { flattenRows } from '../flatten.ts'
import { readCount } from '../state.ts'
import { meanReturn } from './agent.ts'
import { type CemConfig, DEFAULT_FEATURES } from './cem-config.ts'

/** Weights that acted for a whole episode, and its return. */
interface Trial {
  readonly weights: readonly number[]
  readonly return: number
}

/**
 * The noisy cross-entropy method (Szita & Lőrincz 2006) over linear policies: x = w₀ + Σ wᵢ·oᵢ, clipped to the Box.
 * Where x is a rate on a logarithmic scale, as in `log-rate`, the policy is log-linear. Each episode's weights are
 * drawn from a normal distribution, whose mean and deviation are fitted to the best of every `population` episodes.
 * Greedy: the mean.
 */
export class CrossEntropyMethod implements Agent<unknown, Float32Array> {
  readonly appetite = { unit: 'episode', count: 1 } as const
  private readonly space: Box
  /** Positions in the observation of what has a weight. */
  private readonly features: readonly number[]
  /** Weights are drawn from it and the number of episodes: the same wherever a run is cut. */
  private seed: number
  /** [1 + features], of w₀, w₁… */
  private mean: readonly number[]
  /** [1 + features] */
  private std: readonly number[]
  /** Of the population that is being tried. */
  private trials: readonly Trial[] = []
  private updates = 0

  /** @throws input error when the space is refused, an observation lacks a feature, or there are too many means */
  constructor(
    private readonly context: Pick<
      AgentContext<CemConfig>,
      'observationSpace' | 'actionSpace' | 'features' | 'rng' | 'config'
    >,
  ) {
    const { actionSpace, observationSpace, rng, config } = context
    const { initialMean, initialStd } = config
    if (!(actionSpace instanceof Box) || actionSpace.flatSize !== 1)
      throw inputError('agent.refused', refusesMany(context) ?? '')
    const features = positionsOf(config.features, context.features, observationSpace.flatSize)
    if (initialMean.length > 1 + features.length) {
      throw inputError(
        'agent.initial-mean',
        `initialMean has ${initialMean.length} numbers for ${1 + features.length} weights: give one for w0 and one a feature`,
      )
    }
    this.space = actionSpace
    this.features = features
    this.seed = rng.int(2 ** 31)
    this.mean = [0, ...features].map((_, i) => initialMean[i] ?? 0)
    this.std = this.mean.map(() => initialStd)
  }

  act(observations: readonly unknown[], { explore }: ActContext): readonly Decision<Float32Array>[] {
    const { observationSpace } = this.context
    const [low, high] = [this.space.low[0], this.space.high[0]]
    const [bias, ...weights] = explore ? this.sample() : this.mean
    const rows = flattenRows(observationSpace, observations)
    return observations.map((_, row) => {
      const x = this.features.reduce(
        (sum, feature, i) => sum + weights[i] * rows[row * observationSpace.flatSize + feature],
        bias,
      )
      return { action: Float32Array.of(Math.min(Math.max(x, low), high)) }
    })
  }

  /** All that is learned from at once acted with the same weights: one trial. */
  learn(trajectories: readonly Trajectory<unknown, Float32Array>[]): LearnReport {
    const played = trajectories.filter(({ transitions }) => transitions.length > 0)
    if (played.length === 0) return {}
    const trial = { weights: this.sample(), return: meanReturn(played) }
    this.trials = [...this.trials, trial]
    if (this.trials.length >= this.context.config.population) this.refit()
    return { meanReturn: trial.return, refits: this.updates, meanStd: average(this.std) }
  }

  state(): AgentState {
    const { seed, mean, std, trials, updates } = this
    return { agent: 'cem', seed, mean, std, trials, updates }
  }

  restore(state: AgentState): void {
    this.seed = readCount(state.seed, 'seed')
    this.updates = readCount(state.updates, 'updates')
    this.mean = readWeights(state.mean, 'mean', this.mean.length)
    this.std = readWeights(state.std, 'std', this.mean.length)
    if (!Array.isArray(state.trials)) {
      throw inputError('agent.state', "the agent's saved 'trials' are missing: the state is of another agent")
    }
    this.trials = structuredClone(state.trials)
  }

  /** The weights of the episode that is to come. */
  private sample(): readonly number[] {
    const index = this.updates * this.context.config.population + this.trials.length
    const rng = Rng.of(this.seed, 'sample', index)
    return this.mean.map((mean, i) => mean + this.std[i] * rng.normal())
  }

  /** To the mean and deviation of the best, the variance raised by noise that keeps it from vanishing too soon. */
  private refit(): void {
    const { population, elite, initialStd, noise, noiseRefits } = this.context.config
    const count = Math.max(2, Math.round(elite * population))
    const best = [...this.trials].sort((a, b) => b.return - a.return).slice(0, count)
    const added = noise * initialStd ** 2 * Math.max(0, 1 - this.updates / noiseRefits)
    this.mean = this.mean.map((_, i) => average(best.map(({ weights }) => weights[i])))
    this.std = this.mean.map((mean, i) =>
      Math.sqrt(average(best.map(({ weights }) => (weights[i] - mean) ** 2)) + added),
    )
    this.trials = []
    this.updates++
  }
}

/** Why it can't act here, if it can't. */
export function refusesMany({ actionSpace }: { readonly actionSpace: Space<unknown> }): string | undefined {
  if (actionSpace instanceof Box && actionSpace.flatSize === 1) return undefined
  const given = JSON.stringify(actionSpace.toJSON())
  return (
    `it chooses one number, a Box of one dimension, and this action space is ${given} ` +
    '(fine-tune: --actions log-rate --control shared)'
  )
}

/** @throws input error for a name that no feature has, or a position beyond the observation */
function positionsOf(
  wanted: CemConfig['features'],
  names: readonly string[] | undefined,
  size: number,
): readonly number[] {
  if (wanted === undefined) {
    const known = DEFAULT_FEATURES.map(name => names?.indexOf(name) ?? -1).filter(at => at >= 0)
    return known.length > 0 ? known : Array.from({ length: size }, (_, at) => at)
  }
  return wanted.map(feature => {
    if (typeof feature === 'string') {
      if (names === undefined) {
        throw inputError(
          'agent.features',
          `'features' has the name '${feature}', and the elements of observations here have none: give positions from 0 to ${size - 1}`,
        )
      }
      if (!names.includes(feature)) throw unknownName('feature', feature, names)
      return names.indexOf(feature)
    }
    if (feature < size) return feature
    throw inputError(
      'agent.features',
      `'features' has the position ${feature}, and observations here have ${size} elements: give positions from 0 to ${size - 1}`,
    )
  })
}

function readWeights(value: unknown, name: string, length: number): readonly number[] {
  if (Array.isArray(value) && value.length === length && value.every(Number.isFinite)) return [...value]
  throw inputError(
    'agent.state',
    `the agent's saved '${name}' is ${JSON.stringify(value)}, but ${length} numbers are needed: ` +
      'it comes from another agent or set of features',
  )
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length
}
