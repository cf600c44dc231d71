import type { ActContext, Agent, AgentContext, AgentState, Decision, LearnReport, Trajectory } from 'layergym'
import { Rng } from 'layergym'
import {
  Adam,
  clipNorm,
  descentOf,
  failure,
  flattenRows,
  greedyAction,
  logSoftmax,
  Mlp,
  pack,
  restoreRng,
  sampleAction,
  unpackInto,
} from 'layergym/agents'
import type { ActorCriticConfig } from './config.ts'
import { lossOf, type Sizes } from './loss.ts'
import { layOut } from './rollout.ts'

const MAX_NORM = 0.5

/**
 * An actor-critic, begun as a copy of layergym's `ppo` folder: the same networks, advantages and minibatches, and a loss of
 * its own (loss.ts). It acts with perceptrons in WebAssembly and learns on the engine's tape, of the same parameters.
 */
export class ActorCritic implements Agent<unknown, number> {
  readonly appetite: { readonly unit: 'step'; readonly count: number }
  private readonly sizes: Sizes
  private readonly policy: Mlp
  private readonly value: Mlp
  private readonly optimizers: readonly [Adam, Adam]
  /** Shuffles minibatches. */
  private rng: Rng

  constructor(private readonly context: AgentContext<ActorCriticConfig>) {
    const { config, observationSpace, actionSpace, rng } = context
    const { hidden, learningRate, numSteps } = config
    const [inputs, actions] = [observationSpace.flatSize, actionSpace.flatSize]
    this.appetite = { unit: 'step', count: numSteps }
    this.sizes = { inputs, actions, hidden }
    const stream = (name: string) => Rng.of(rng.int(2 ** 31), name)
    this.policy = new Mlp({ inputs, outputs: actions, hidden, rng: stream('policy'), outputGain: 0.01 })
    this.value = new Mlp({ inputs, outputs: 1, hidden, rng: stream('value') })
    this.rng = stream('learning')
    this.optimizers = [
      new Adam(this.policy.parameters.length, { learningRate }),
      new Adam(this.value.parameters.length, { learningRate }),
    ]
  }

  act(observations: readonly unknown[], { masks, explore, rng }: ActContext): readonly Decision<number>[] {
    const { actions } = this.sizes
    const logits = this.policy.forward(
      flattenRows(this.context.observationSpace, observations),
      observations.length,
    )
    return observations.map((_, row) => {
      const logp = logSoftmax(logits.subarray(row * actions, (row + 1) * actions), masks[row])
      const action = explore ? sampleAction(logp, rng) : greedyAction(logp)
      return { action, logProbability: logp[action] }
    })
  }

  learn(trajectories: readonly Trajectory<unknown, number>[]): LearnReport {
    const { observationSpace: space, gamma, config } = this.context
    const { policy, value, sizes } = this
    const rollout = layOut(trajectories, { space, policy, value, gamma, lambda: config.lambda })
    if (rollout.rows === 0) return {}
    const order = Array.from({ length: rollout.rows }, (_, t) => t)
    const size = Math.ceil(rollout.rows / config.minibatches)
    let [sum, steps] = [0, 0]
    for (let epoch = 0; epoch < config.epochs; epoch++) {
      const shuffled = this.rng.shuffle(order)
      for (let from = 0; from < rollout.rows; from += size) {
        sum += this.descend(() => lossOf(rollout, shuffled.slice(from, from + size), sizes, config))
        steps++
      }
    }
    return { loss: sum / steps, transitions: rollout.rows }
  }

  state(): AgentState {
    return {
      policy: pack(this.policy.parameters),
      value: pack(this.value.parameters),
      optimizers: this.optimizers.map(optimizer => optimizer.state()),
      rng: this.rng.state(),
    }
  }

  restore(state: AgentState): void {
    unpackInto(this.policy.parameters, state.policy, 'policy')
    unpackInto(this.value.parameters, state.value, 'value')
    const saved = state.optimizers as readonly unknown[]
    for (const [i, optimizer] of this.optimizers.entries()) optimizer.restore(saved[i])
    this.rng = restoreRng(state.rng)
  }

  /** One step of both networks down the loss; returns what it was. */
  private descend(makeLoss: () => ReturnType<typeof lossOf>): number {
    const parameters = [this.policy.parameters, this.value.parameters]
    const { loss, gradients } = descentOf(makeLoss, parameters)
    for (const [i, optimizer] of this.optimizers.entries()) {
      if (!Number.isFinite(clipNorm(gradients[i], MAX_NORM))) {
        throw failure('agent.diverged', 'a gradient is not finite: lower the learning rate')
      }
      optimizer.step(parameters[i], gradients[i])
    }
    return loss
  }
}
