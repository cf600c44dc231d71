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
import { type Distribution, decisionsOf } from '../distributions/distribution.ts'
import { distributionOf, refusesActions } from '../distributions/for-space.ts'
import { explainedVariance } from '../explained-variance.ts'
import { flattenRows, gatherRows } from '../flatten.ts'
import { Gru } from '../gru.ts'
import { restoreRng } from '../learning-rng.ts'
import { backwardBoth, forwardBoth, Mlp } from '../mlp.ts'
import { ADJUSTABLE } from '../ppo/agent.ts'
import type { Figures } from '../ppo/figures.ts'
import { ClippedLoss } from '../ppo/loss.ts'
import { finiteAdvantages, type Rollout } from '../ppo/rollout.ts'
import { improve } from '../ppo/step.ts'
import { appetiteOf } from '../settings.ts'
import { pack, readCount, readPart, unpackInto } from '../state.ts'
import { layOut, transitionsOf } from '../transitions.ts'
import { type RecurrentConfig, type RecurrentSettings, recurrentConfig, recurrentSettings } from './config.ts'
import { type Chunk, chunksOf, type Stacked, stack, stackMemories } from './sequences.ts'

const NETWORKS = ['memory', 'policy', 'value', 'distribution'] as const

/**
 * PPO with a memory: a GRU reads the observations of an episode, and policy and value are perceptrons on its state. Episodes
 * are learned from in pieces, each from the state that came before it, replayed over a few steps first (truncated
 * backpropagation through time with burn-in; Kapturowski et al. 2019). Masks and actions as PPO's.
 */
export class RecurrentPpo implements Agent<unknown, unknown> {
  readonly appetite: { readonly unit: 'step' | 'episode'; readonly count: number }
  readonly adjustable = ADJUSTABLE
  private settings: RecurrentSettings
  private readonly distribution: Distribution
  private readonly memory: Gru
  private readonly policy: Mlp
  private readonly value: Mlp
  private readonly rate: { learningRate: number; readonly epsilon: number }
  private readonly optimizers: Readonly<Record<(typeof NETWORKS)[number], Adam>>
  /** Shuffles minibatches; nothing else draws from it. */
  private rng: Rng
  private readonly loss = new ClippedLoss()
  private steps = 0
  private updates = 0

  constructor(private readonly context: AgentContext<RecurrentConfig>) {
    const { observationSpace, actionSpace, rng, networks } = context
    const settings = recurrentSettings(context.config, actionSpace)
    const distribution = distributionOf(actionSpace, settings.initialLogStd)
    if (distribution === undefined) throw inputError('agent.refused', refusesActions(context) ?? '')
    if (networks?.policy !== undefined || networks?.value !== undefined) {
      throw inputError('network.unused', 'recurrent PPO has networks of its own: use ppo with yours')
    }
    this.settings = settings
    this.distribution = distribution
    const { hidden, activation, units, learningRate } = settings
    this.appetite = appetiteOf(settings, settings.numSteps)
    const stream = (name: string) => Rng.of(rng.int(2 ** 31), name)
    const { outputs } = distribution
    this.memory = new Gru({ inputs: observationSpace.flatSize, units, rng: stream('memory') })
    this.policy = new Mlp({
      inputs: units,
      outputs,
      hidden,
      activation,
      rng: stream('policy'),
      outputGain: 0.01,
    })
    this.value = new Mlp({ inputs: units, outputs: 1, hidden, activation, rng: stream('value') })
    this.rng = stream('learning')
    this.rate = { learningRate, epsilon: 1e-5 }
    const adam = (name: (typeof NETWORKS)[number]) => [name, new Adam(this[name], this.rate)]
    this.optimizers = Object.fromEntries(NETWORKS.map(adam))
  }

  act(
    observations: readonly unknown[],
    { masks, memories, explore, rng }: ActContext,
  ): readonly Decision<unknown>[] {
    const { units } = this.settings
    const sequences = observations.length
    const inputs = flattenRows(this.context.observationSpace, observations)
    const initial = stackMemories(memories ?? observations.map(() => undefined), units)
    const states = this.memory.forward({ inputs, steps: 1, sequences, initial })
    const outputs = this.suggested(this.policy.forward(states, sequences))
    const rows = { rows: sequences, outputs, masks }
    return decisionsOf(this.distribution, rows, explore ? rng : undefined).map((decision, row) => ({
      ...decision,
      memory: states.slice(row * units, (row + 1) * units),
    }))
  }

  learn(trajectories: readonly Trajectory<unknown, unknown>[]): LearnReport {
    const { settings } = this
    const chunks = chunksOf(trajectories, settings)
    if (chunks.length === 0) return {}
    const rollout = this.layOut(trajectories, chunks)
    if (settings.annealLearningRate) {
      this.rate.learningRate = settings.learningRate * Math.max(0, 1 - this.steps / settings.totalSteps)
    }
    const figures = improve(chunks.length, settings, this.rng, batch =>
      this.descend(
        rollout,
        Array.from(batch, i => chunks[i]),
      ),
    )
    this.steps += rollout.rows
    this.updates++
    return {
      ...figures,
      explainedVariance: explainedVariance(rollout.returns, rollout.advantages),
      learningRate: this.rate.learningRate,
      transitions: rollout.rows,
    }
  }

  /** What an update learns from; values come from one pass over all pieces, final observations included. */
  private layOut(trajectories: readonly Trajectory<unknown, unknown>[], chunks: readonly Chunk[]): Rollout {
    const { distribution } = this
    const { observationSpace: space, gamma } = this.context
    const transitions = transitionsOf(trajectories)
    const played = trajectories.filter(({ transitions: own }) => own.length > 0)
    const given = layOut(played, { space, distribution })
    const { rows, observations, actions, masks } = given
    const stacked = stack(chunks, observations, this.memory)
    const states = this.statesOf(stacked, stacked.finals)
    const order = [...stacked.rows, ...stacked.finals.map(([row]) => row)]
    const said = this.value.forward(states, order.length)
    const values = new Float64Array(order.length)
    for (const [k, row] of order.entries()) values[row] = said[k]
    const logProbabilities = Float64Array.from(
      transitions,
      ({ logProbability }) => logProbability ?? Number.NaN,
    )
    // Of trajectories whose collector recorded none: those of the policy as it is.
    if (logProbabilities.some(Number.isNaN)) {
      const outputs = this.suggested(this.policy.forward(states, rows))
      const done = gatherRows(actions, distribution.actionSize, stacked.rows)
      const allowed = masks && stacked.rows.map(t => masks[t])
      const now = distribution.evaluate({ rows, outputs, actions: done, masks: allowed }).logProbabilities
      for (const [k, t] of stacked.rows.entries())
        logProbabilities[t] = transitions[t].logProbability ?? now[k]
    }
    const { lambda } = this.settings
    const advantages = finiteAdvantages(given, values, { gamma, lambda })
    const returns = advantages.map((advantage, t) => advantage + values[t])
    const seen = { rows, observations, actions, masks, logProbabilities }
    return { ...seen, values: values.subarray(0, rows), advantages, returns }
  }

  /** One optimizer step on some pieces. */
  private descend(rollout: Rollout, chunks: readonly Chunk[]): Figures {
    const { memory, policy, value, distribution, settings } = this
    const { units } = settings
    const stacked = stack(
      chunks.map(chunk => ({ ...chunk, final: undefined })),
      rollout.observations,
      memory,
    )
    const { rows, places } = stacked
    const states = this.statesOf(stacked)
    const [logits, values] = forwardBoth([policy, states], [value, states], rows.length)
    const outputs = this.suggested(logits)
    const loss = this.loss.of(rollout, { rows, outputs, values, distribution }, settings)
    const [byPolicyParameters, byValueParameters] = backwardBoth(
      [policy, loss.byOutputs],
      [value, loss.byValues],
    )
    const gradients = {
      policy: byPolicyParameters,
      value: byValueParameters,
      distribution: distribution.gradient,
    }
    const [byPolicy, byValue] = [policy.inputGradient(), value.inputGradient()]
    const byStates = new Float32Array(stacked.steps * stacked.sequences * units)
    for (const [k, place] of places.entries())
      for (let i = 0; i < units; i++)
        byStates[place * units + i] = byPolicy[k * units + i] + byValue[k * units + i]
    const all = { ...gradients, memory: memory.backward(byStates, stacked.learned) }
    const parts = NETWORKS.map(name => ({
      parameters: this[name].parameters,
      gradient: all[name],
      optimizer: this.optimizers[name],
    }))
    return { ...loss.figures, gradientNorm: stepTogether(parts, settings.maxGradNorm) }
  }

  /** The memory's states where they are learned from, and at some final observations: [rows, units]. */
  private statesOf(stacked: Stacked, finals: Stacked['finals'] = []): Float32Array {
    const places = [...stacked.places, ...finals.map(([, place]) => place)]
    return gatherRows(this.memory.forward(stacked), this.settings.units, places)
  }

  /** The policy network's outputs with the logits that the environment suggests. */
  private suggested(outputs: Float32Array): Float32Array {
    const { initialLogits } = this.context
    return initialLogits === undefined
      ? outputs
      : outputs.map((y, i) => y + initialLogits[i % initialLogits.length])
  }

  adjust(changes: Readonly<Record<string, number>>): void {
    this.settings = withAdjusted(this.settings, changes, { schema: recurrentConfig, adjustable: ADJUSTABLE })
    if (changes.learningRate === undefined) return
    this.settings = { ...this.settings, annealLearningRate: false }
    this.rate.learningRate = this.settings.learningRate
  }

  state(): AgentState {
    const { rng, steps, updates } = this
    const networks = NETWORKS.map(name => [
      name,
      { parameters: pack(this[name].parameters), optimizer: this.optimizers[name].state() },
    ])
    return { agent: 'recurrent-ppo', ...Object.fromEntries(networks), rng: rng.state(), steps, updates }
  }

  restore(state: AgentState): void {
    for (const name of NETWORKS) {
      const { parameters, optimizer } = readPart(state[name], name)
      unpackInto(this[name].parameters, parameters, name)
      this.optimizers[name].restore(optimizer)
    }
    this.rng = restoreRng(state.rng)
    this.steps = readCount(state.steps, 'steps')
    this.updates = readCount(state.updates, 'updates')
  }
}
