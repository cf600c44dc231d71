import { inputError } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import type { Space } from '../../envs/env.ts'
import { type Box, Discrete } from '../../envs/spaces.ts'
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
import { isContinuous } from '../distributions/for-space.ts'
import { flattenRows } from '../flatten.ts'
import { restoreRng } from '../learning-rng.ts'
import { backwardBoth, forwardBoth, LIKE_TORCH, Mlp } from '../mlp.ts'
import { type Batch, Replay } from '../replay/replay.ts'
import { Streams } from '../replay/streams.ts'
import { appetiteOf } from '../settings.ts'
import { pack, readCount, readPart, unpackInto } from '../state.ts'
import { type SacConfig, type SacSettings, sacConfig, sacSettings } from './config.ts'
import { ContinuousForm } from './continuous.ts'
import { DiscreteForm } from './discrete.ts'
import type { Form, Networks } from './form.ts'

/** Settings that a schedule may be of. */
const ADJUSTABLE = ['learningRate', 'tau', 'batchSize', 'gradientSteps'] as const

/**
 * Soft actor-critic (Haarnoja et al. 2018) with a temperature that holds the policy's entropy: Box actions through tanh,
 * and discrete ones, masked (Christodoulou 2019). Observations of any space, through its flat form.
 */
export class Sac implements Agent<unknown, unknown> {
  readonly appetite: { readonly unit: 'step' | 'episode'; readonly count: number }
  readonly adjustable = ADJUSTABLE
  private settings: SacSettings
  private readonly form: Form
  private readonly networks: Networks
  /** log α */
  private readonly logTemperature: Float32Array
  private readonly rate: { learningRate: number }
  private readonly optimizers: readonly Adam[]
  private readonly streams: Streams
  private readonly replay: Replay
  /** Draws minibatches and actions to learn from; nothing else draws from it. */
  private rng: Rng
  private steps = 0
  private gradientSteps = 0

  constructor(private readonly context: AgentContext<SacConfig>) {
    const { observationSpace: space, actionSpace, rng, gamma, networks } = context
    const settings = sacSettings(context.config)
    const form = formOf(space.flatSize, actionSpace, settings)
    if (form === undefined) throw inputError('agent.refused', refusesSpaces(context) ?? '')
    if (networks?.policy !== undefined || networks?.value !== undefined) {
      throw inputError('network.unused', 'SAC has networks of its own: use ppo, dqn or reinforce with yours')
    }
    this.settings = settings
    this.form = form
    const { hidden, learningRate, bufferSize, initialTemperature } = settings
    this.appetite = appetiteOf(settings, settings.trainFrequency)
    const make = (name: string, inputs: number, outputs: number) =>
      new Mlp({ inputs, outputs, hidden, rng: Rng.of(rng.int(2 ** 31), name), ...LIKE_TORCH })
    const critic = (name: string) => make(name, form.criticInputs, form.criticOutputs)
    const actor = make('actor', space.flatSize, form.actorOutputs)
    this.networks = {
      actor,
      critics: [critic('first'), critic('second')],
      targets: [critic('first target'), critic('second target')],
    }
    for (const [i, target] of this.networks.targets.entries())
      target.parameters.set(this.networks.critics[i].parameters)
    this.logTemperature = Float32Array.of(Math.log(initialTemperature))
    this.rate = { learningRate }
    const { critics } = this.networks
    this.optimizers = [...critics, actor, { parameters: this.logTemperature }].map(
      of => new Adam(of, this.rate),
    )
    this.streams = new Streams({ space, n: 1, gamma, encode: action => form.encode(action) })
    const { actionSize, masked } = form
    this.replay = new Replay({
      capacity: bufferSize,
      inputs: space.flatSize,
      actionSize,
      masked,
      ownMasks: true,
    })
    this.rng = Rng.of(rng.int(2 ** 31), 'learning')
  }

  act(
    observations: readonly unknown[],
    { masks, memories, explore, rng }: ActContext,
  ): readonly Decision<unknown>[] {
    const { actorOutputs } = this.form
    const batch = flattenRows(this.context.observationSpace, observations)
    const outputs = this.networks.actor.forward(batch, observations.length)
    return observations.map((_, row) =>
      this.form.choose(outputs.subarray(row * actorOutputs, (row + 1) * actorOutputs), {
        mask: masks[row],
        memory: memories?.[row],
        rng: explore ? rng : undefined,
      }),
    )
  }

  learn(trajectories: readonly Trajectory<unknown, unknown>[]): LearnReport {
    const { settings, replay } = this
    for (const complete of this.streams.feed(trajectories)) replay.add(complete)
    const arrived = trajectories.reduce((sum, { transitions }) => sum + transitions.length, 0)
    const before = this.gradientSteps
    const sums = { valueLoss: 0, policyLoss: 0, entropy: 0, gradientNorm: 0 }
    for (const end = this.steps + arrived; this.steps < end; ) {
      this.steps++
      if (this.steps <= settings.learningStarts || replay.size === 0) continue
      if (this.steps % settings.trainFrequency !== 0) continue
      for (let i = 0; i < settings.gradientSteps; i++) this.descend(sums)
    }
    const count = this.gradientSteps - before
    const state = { temperature: this.temperature, replay: replay.size, gradientSteps: count }
    if (count === 0) return state
    const means = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count]))
    return { ...means, ...state, learningRate: this.rate.learningRate }
  }

  /** One step of the critics, the actor and the temperature; then the targets follow. */
  private descend(sums: {
    valueLoss: number
    policyLoss: number
    entropy: number
    gradientNorm: number
  }): void {
    const { networks, form, settings, optimizers } = this
    const batch = this.replay.sample(settings.batchSize, this.rng, 1)
    const { actor, critics } = networks
    sums.valueLoss += this.descendCritics(batch)
    const improved = form.actor(batch, networks, this.temperature, this.rng)
    const { gradient } = improved
    const moved = { parameters: actor.parameters, gradient, optimizer: optimizers[critics.length] }
    const norm = stepTogether([moved], Number.POSITIVE_INFINITY)
    // Down log α · (H − target): up where there is less entropy than is aimed at.
    const surplus = Float32Array.of(improved.entropy - improved.target)
    optimizers[critics.length + 1].step(this.logTemperature, surplus)
    this.follow()
    this.gradientSteps++
    sums.policyLoss += improved.loss
    sums.entropy += improved.entropy
    sums.gradientNorm += norm
  }

  /** Down the mean of ½(Q(s, a) − y)², y = R + γ^τ V(s′), of each critic; returns the mean over both before it. */
  private descendCritics(batch: Batch): number {
    const { networks, form, optimizers } = this
    const rows = batch.rewards.length
    const next = form.nextValues(batch, networks, this.temperature, this.rng)
    const targets = batch.rewards.map((reward, k) =>
      batch.discounts[k] === 0 ? reward : reward + batch.discounts[k] * next[k],
    )
    const { inputs, chosen } = form.valued(batch)
    const [first, second] = networks.critics
    let loss = 0
    const [byFirst, bySecond] = forwardBoth([first, inputs], [second, inputs], rows).map(values => {
      const gradient = new Float32Array(values.length)
      for (let k = 0; k < rows; k++) {
        const at = k * form.criticOutputs + chosen(k)
        const error = values[at] - targets[k]
        gradient[at] = error / rows
        loss += (0.5 * error * error) / rows / 2
      }
      return gradient
    })
    const gradients = backwardBoth([first, byFirst], [second, bySecond])
    for (const [c, { parameters }] of networks.critics.entries()) optimizers[c].step(parameters, gradients[c])
    return loss
  }

  private follow(): void {
    const { tau } = this.settings
    for (const [c, { parameters: to }] of this.networks.targets.entries()) {
      const from = this.networks.critics[c].parameters
      for (let i = 0; i < to.length; i++) to[i] += tau * (from[i] - to[i])
    }
  }

  private get temperature(): number {
    return Math.exp(this.logTemperature[0])
  }

  /** What optimizers move, in their order. */
  private get learned(): readonly Float32Array[] {
    const { actor, critics } = this.networks
    return [...critics.map(({ parameters }) => parameters), actor.parameters, this.logTemperature]
  }

  adjust(changes: Readonly<Record<string, number>>): void {
    this.settings = withAdjusted(this.settings, changes, { schema: sacConfig, adjustable: ADJUSTABLE })
    this.rate.learningRate = this.settings.learningRate
  }

  state(): AgentState {
    return {
      agent: 'sac',
      learned: this.learned.map(pack),
      targets: this.networks.targets.map(({ parameters }) => pack(parameters)),
      optimizers: this.optimizers.map(optimizer => optimizer.state()),
      replay: this.replay.state(),
      streams: this.streams.state(),
      rng: this.rng.state(),
      steps: this.steps,
      gradientSteps: this.gradientSteps,
    }
  }

  restore(state: AgentState): void {
    const [learned, targets, optimizers] = ['learned', 'targets', 'optimizers'].map(name =>
      readPart(state[name], name),
    )
    for (const [i, parameters] of this.learned.entries()) unpackInto(parameters, learned[i], `learned ${i}`)
    for (const [i, { parameters }] of this.networks.targets.entries())
      unpackInto(parameters, targets[i], `target ${i}`)
    for (const [i, optimizer] of this.optimizers.entries()) optimizer.restore(optimizers[i])
    this.replay.restore(state.replay)
    this.streams.restore(state.streams)
    this.rng = restoreRng(state.rng)
    this.steps = readCount(state.steps, 'steps')
    this.gradientSteps = readCount(state.gradientSteps, 'gradientSteps')
  }
}

function formOf(inputs: number, space: Space<unknown>, settings: SacSettings): Form | undefined {
  if (space instanceof Discrete) return new DiscreteForm(inputs, space.n, settings)
  if (isContinuous(space) && isBounded(space)) return new ContinuousForm(inputs, space, settings)
  return undefined
}

function isBounded({ low, high }: Box): boolean {
  return low.every(Number.isFinite) && high.every(Number.isFinite)
}

/** Why SAC can't act here, if it can't. */
export function refusesSpaces({ actionSpace }: Pick<AgentContext, 'actionSpace'>): string | undefined {
  if (actionSpace instanceof Discrete || (isContinuous(actionSpace) && isBounded(actionSpace)))
    return undefined
  return (
    'its policies are over Box actions (float32) with bounds and over Discrete ones, ' +
    `and this action space is ${JSON.stringify(actionSpace.toJSON())} (ppo takes MultiDiscrete, and Box without bounds)`
  )
}
