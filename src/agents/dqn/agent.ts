import { inputError } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import { Discrete } from '../../envs/spaces.ts'
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
import type { Approximator } from '../approximator.ts'
import type { ArrayAgent, ArrayRollout } from '../arrays.ts'
import { buildNetwork } from '../build-network.ts'
import { restoreRng } from '../learning-rng.ts'
import { forwardBoth, LIKE_TORCH } from '../mlp.ts'
import { networksOf } from '../network.ts'
import { type Batch, Replay } from '../replay/replay.ts'
import { Streams } from '../replay/streams.ts'
import { appetiteOf } from '../settings.ts'
import { pack, readCount, unpackInto } from '../state.ts'
import { EpsilonGreedy } from './acting.ts'
import { type DqnConfig, type DqnSettings, dqnConfig, dqnSettings } from './config.ts'
import { bestActions, QValues, temporalDifferenceLoss } from './losses.ts'

/** Settings that a schedule may be of. */
const ADJUSTABLE = [
  'learningRate',
  'explorationStart',
  'explorationEnd',
  'tau',
  'targetFrequency',
  'batchSize',
  'gradientSteps',
  'maxGradNorm',
  'priorityCorrection',
] as const

/**
 * Deep Q-learning (Mnih et al. 2015) with the details of CleanRL's dqn.py, and what Rainbow (Hessel et al. 2018)
 * joined to it as options: double targets (van Hasselt et al. 2016), dueling networks (Wang et al. 2016), n-step
 * returns, prioritized replay (Schaul et al. 2016).
 * Observations of any space, through its flat form; discrete actions, masked in targets too.
 */
export class Dqn implements Agent<unknown, number> {
  readonly appetite: { readonly unit: 'step' | 'episode'; readonly count: number }
  readonly adjustable = ADJUSTABLE
  private settings: DqnSettings
  private readonly actions: number
  private readonly network: Approximator
  private readonly target: Approximator
  private readonly values: QValues
  /** The optimizer's; annealing writes it. */
  private readonly rate: { learningRate: number }
  private readonly optimizer: Adam
  private readonly streams: Streams
  private readonly replay: Replay
  /** Draws minibatches; nothing else draws from it. */
  private rng: Rng
  private steps = 0
  /** That ended, where updates take episodes. */
  private episodes = 0
  private gradientSteps = 0
  private readonly acting: EpsilonGreedy
  private readonly overArrays: ArrayAgent = {
    actRows: (observations, rows, rng) => this.acting.actRows(observations, rows, this.epsilon, rng),
    learnRows: rollout => this.learnRows(rollout),
  }

  constructor(context: AgentContext<DqnConfig>) {
    const { observationSpace: space, actionSpace, rng, gamma, networks } = context
    const settings = dqnSettings(context.config)
    this.settings = settings
    const { hidden, network, learningRate, dueling } = settings
    this.appetite = appetiteOf(settings, settings.trainFrequency)
    if (networks?.policy !== undefined) {
      throw inputError(
        'network.unused',
        'DQN has no policy network: give its Q-network as the value network, with one output an action',
      )
    }
    this.actions = actionSpace.flatSize
    const make = networks?.value ?? networksOf(network, context)({ hidden, ...LIKE_TORCH })
    const outputs = this.actions + (dueling ? 1 : 0)
    const seed = rng.int(2 ** 31)
    const build = () =>
      buildNetwork('value', make, { inputs: space.flatSize, outputs, rng: Rng.of(seed, 'value') })
    this.network = build()
    this.target = build()
    this.target.parameters.set(this.network.parameters)
    this.values = new QValues(this.actions, dueling)
    this.acting = new EpsilonGreedy({ space, actionSpace, valuesOf: (...batch) => this.valuesOf(...batch) })
    this.rate = { learningRate }
    this.optimizer = new Adam(this.network, this.rate)
    this.streams = new Streams({ space, n: settings.nStep, gamma, encode: action => action as number })
    this.replay = new Replay({
      capacity: settings.bufferSize,
      inputs: space.flatSize,
      masked: this.actions,
      priorityExponent: settings.prioritized ? settings.priorityExponent : undefined,
    })
    this.rng = Rng.of(rng.int(2 ** 31), 'learning')
  }

  /** Absent where `act` or `learn` has been overridden, and where random actions are held: those are memories. */
  get arrays(): ArrayAgent | undefined {
    const { act, learn } = Dqn.prototype
    const isOwn = this.act === act && this.learn === learn
    return isOwn && this.settings.explorationPersistence === undefined ? this.overArrays : undefined
  }

  /** ε-greedy; greedy in evaluation. */
  act(observations: readonly unknown[], context: ActContext): readonly Decision<number>[] {
    const exploration = { epsilon: this.epsilon, persistence: this.settings.explorationPersistence }
    return this.acting.act(observations, context, exploration)
  }

  learn(trajectories: readonly Trajectory<unknown, number>[]): LearnReport {
    for (const complete of this.streams.feed(trajectories)) this.replay.add(complete)
    const arrived = trajectories.reduce((sum, { transitions }) => sum + transitions.length, 0)
    return this.learnFrom(arrived, trajectories)
  }

  private learnRows(rollout: ArrayRollout): LearnReport {
    this.streams.feedRows(rollout, this.replay)
    return this.learnFrom(rollout.rows, rollout.stretches)
  }

  /** All that came is replayed from the first gradient step on: where data are scarce, none waits for the next update. */
  private learnFrom(arrived: number, played: readonly { readonly episode: number }[]): LearnReport {
    const { settings, replay } = this
    const figures = { loss: 0, meanQ: 0, meanError: 0, gradientNorm: 0 }
    const before = this.gradientSteps
    for (const end = this.steps + arrived; this.steps < end; ) {
      this.steps++
      if (this.steps <= settings.learningStarts || replay.size === 0) continue
      if (this.steps % settings.trainFrequency === 0) {
        for (let i = 0; i < settings.gradientSteps; i++) this.descend(figures)
      }
      if (this.steps % settings.targetFrequency === 0) this.followNetwork()
    }
    this.episodes += new Set(played.map(({ episode }) => episode)).size
    const gradientSteps = this.gradientSteps - before
    const state = { epsilon: this.epsilon, replay: replay.size, steps: this.steps, gradientSteps }
    if (gradientSteps === 0) return state
    const { loss, meanQ, meanError, gradientNorm } = figures
    return {
      loss: loss / gradientSteps,
      meanQ: meanQ / gradientSteps,
      meanError: meanError / gradientSteps,
      gradientNorm: gradientNorm / gradientSteps,
      learningRate: this.rate.learningRate,
      ...state,
    }
  }

  /** One optimizer step on a minibatch, down the mean of w·½δ² (or δ², or Huber's), δ = Q(s, a) − y. */
  private descend(figures: { loss: number; meanQ: number; meanError: number; gradientNorm: number }): void {
    const { batchSize, loss: kind, maxGradNorm, learningRate, annealLearningRate } = this.settings
    if (annealLearningRate) this.rate.learningRate = learningRate * (1 - this.progress)
    const batch = this.replay.sample(batchSize, this.rng, this.priorityCorrection)
    const best = this.settings.double ? this.bestNext(batch) : undefined
    const [next, outputs] = forwardBoth(
      [this.target, batch.nextObservations],
      [this.network, batch.observations],
      batchSize,
    )
    const targets = this.targets(batch, next, best)
    const values = this.values.of(outputs, batchSize)
    const errors = new Float32Array(batchSize)
    let sum = 0
    let distance = 0
    for (let k = 0; k < batchSize; k++) {
      const q = values[k * this.actions + batch.actions[k]]
      errors[k] = q - targets[k]
      sum += q
      distance += Math.abs(errors[k])
    }
    const { loss, gradient } = temporalDifferenceLoss(errors, batch.weights, kind)
    const { network, optimizer } = this
    const { parameters } = network
    const byParameters = network.backward(this.values.gradient(gradient, batch.actions))
    const norm = stepTogether([{ parameters, gradient: byParameters, optimizer }], maxGradNorm)
    this.replay.prioritize(batch, errors)
    this.gradientSteps++
    figures.loss += loss
    figures.meanQ += sum / batchSize
    figures.meanError += distance / batchSize
    figures.gradientNorm += norm
  }

  /**
   * y = R + γ^τ max_a Q′(s′, a) over allowed actions; double: Q′(s′, argmax_a Q(s′, a)).
   * @param next of the target network, [rows, outputs]
   * @param best the actions of double targets, [rows]
   */
  private targets(batch: Batch, next: Float32Array, best: Int32Array | undefined): Float32Array {
    const { rewards, discounts } = batch
    const { actions } = this
    const values = this.values.of(next, rewards.length)
    const chosen = best ?? bestActions(values, actions, batch)
    const targets = rewards.slice()
    for (let k = 0; k < targets.length; k++) {
      if (discounts[k] !== 0) targets[k] = rewards[k] + discounts[k] * values[k * actions + chosen[k]]
    }
    return targets
  }

  /** argmax_a Q(s′, a), [rows] */
  private bestNext(batch: Batch): Int32Array {
    return bestActions(this.valuesOf(batch.nextObservations, batch.rewards.length), this.actions, batch)
  }

  /** Q(s, ·), [rows, actions], valid until the next call. */
  private valuesOf(batch: Float32Array, rows: number): Float32Array {
    return this.values.of(this.network.forward(batch, rows), rows)
  }

  /** The target network goes the share τ of its way to the network. */
  private followNetwork(): void {
    const { tau } = this.settings
    const [from, to] = [this.network.parameters, this.target.parameters]
    if (tau === 1) to.set(from)
    else for (let i = 0; i < to.length; i++) to[i] = tau * from[i] + (1 - tau) * to[i]
  }

  /** From its start to its end in a straight line, then constant. */
  private get epsilon(): number {
    const { explorationStart, explorationEnd, explorationFraction } = this.settings
    const done = explorationFraction === 0 ? 1 : Math.min(1, this.progress / explorationFraction)
    return explorationStart + done * (explorationEnd - explorationStart)
  }

  /** β, up to 1 in a straight line. */
  private get priorityCorrection(): number {
    const { priorityCorrection } = this.settings
    return priorityCorrection + this.progress * (1 - priorityCorrection)
  }

  /** How much of the training is done, by steps or by episodes. */
  private get progress(): number {
    const { totalSteps, totalEpisodes } = this.settings
    return Math.min(1, totalEpisodes === undefined ? this.steps / totalSteps : this.episodes / totalEpisodes)
  }

  adjust(changes: Readonly<Record<string, number>>): void {
    this.settings = withAdjusted(this.settings, changes, { schema: dqnConfig, adjustable: ADJUSTABLE })
    if (changes.learningRate === undefined) return
    // A schedule from outside takes the place of the annealing.
    this.settings = { ...this.settings, annealLearningRate: false }
    this.rate.learningRate = this.settings.learningRate
  }

  state(): AgentState {
    return {
      agent: 'dqn',
      network: pack(this.network.parameters),
      target: pack(this.target.parameters),
      optimizer: this.optimizer.state(),
      replay: this.replay.state(),
      streams: this.streams.state(),
      rng: this.rng.state(),
      steps: this.steps,
      episodes: this.episodes,
      gradientSteps: this.gradientSteps,
    }
  }

  restore(state: AgentState): void {
    unpackInto(this.network.parameters, state.network, 'network')
    unpackInto(this.target.parameters, state.target, 'target')
    this.optimizer.restore(state.optimizer)
    this.replay.restore(state.replay)
    this.streams.restore(state.streams)
    this.rng = restoreRng(state.rng)
    this.steps = readCount(state.steps, 'steps')
    this.episodes = readCount(state.episodes, 'episodes')
    this.gradientSteps = readCount(state.gradientSteps, 'gradientSteps')
  }

  dispose(): void {
    this.network.dispose?.()
    this.target.dispose?.()
  }
}

/** Why DQN can't act here, if it can't. */
export function refusesSpaces({ actionSpace }: Pick<AgentContext, 'actionSpace'>): string | undefined {
  if (actionSpace instanceof Discrete && actionSpace.start === 0) return undefined
  return (
    'it values each of a few discrete actions, from 0 on, ' +
    `and this action space is ${JSON.stringify(actionSpace.toJSON())} (ppo takes MultiDiscrete and Box)`
  )
}
