import type { ActContext, Agent, AgentContext, AgentState, Decision, Mask, Trajectory } from 'layergym'
import type { z } from 'zod'
import type { sarsaConfig } from './definition.ts'

/**
 * SARSA(λ) with linear values Q(s, a) = w_a · s and accumulating traces (Sutton and Barto 2018, section 12.7), one
 * pass over each episode when it has ended. Observations of any space, through its flat form: one weight a state
 * where they are discrete.
 */
export class Sarsa implements Agent<unknown, number> {
  readonly appetite = { unit: 'episode', count: 1 } as const
  private readonly inputs: number
  private readonly actions: number
  /** [actions, inputs] */
  private readonly weights: Float64Array

  constructor(private readonly context: AgentContext<z.infer<typeof sarsaConfig>>) {
    this.inputs = context.observationSpace.flatSize
    this.actions = context.actionSpace.flatSize
    this.weights = new Float64Array(this.actions * this.inputs)
  }

  act(observations: readonly unknown[], { masks, explore, rng }: ActContext): readonly Decision<number>[] {
    const { actionSpace, config } = this.context
    return observations.map((observation, i) => {
      const random = explore && rng.next() < config.exploration
      const action = random
        ? actionSpace.sample(rng, masks[i])
        : this.best(this.features(observation), masks[i])
      return { action: action as number }
    })
  }

  learn(trajectories: readonly Trajectory<unknown, number>[]): { readonly meanError: number } {
    let sum = 0
    let steps = 0
    for (const trajectory of trajectories) {
      sum += this.replay(trajectory)
      steps += trajectory.transitions.length
    }
    return { meanError: steps === 0 ? 0 : sum / steps }
  }

  state(): AgentState {
    return { weights: [...this.weights] }
  }

  restore(state: AgentState): void {
    this.weights.set(state.weights as number[])
  }

  /** One episode, first step to last; returns the sum of |δ|. */
  private replay(trajectory: Trajectory<unknown, number>): number {
    const { transitions, terminated, finalObservation, finalMask } = trajectory
    const { gamma, config } = this.context
    const traces = new Float64Array(this.weights.length)
    let sum = 0
    for (const [t, { observation, action, reward, duration }] of transitions.entries()) {
      const features = this.features(observation)
      const following = transitions[t + 1]
      const last = this.features(finalObservation)
      // After a cut nobody knows what would have been done: the best is assumed.
      const next = following
        ? this.value(this.features(following.observation), following.action)
        : terminated
          ? 0
          : this.value(last, this.best(last, finalMask))
      const discount = gamma ** duration
      const error = reward + discount * next - this.value(features, action)
      const on = features.reduce((norm, x) => norm + x * x, 0)
      features.forEach((x, i) => {
        traces[action * this.inputs + i] += x
      })
      for (let i = 0; i < traces.length; i++) {
        this.weights[i] += (config.learningRate / Math.max(1, on)) * error * traces[i]
        traces[i] *= discount * config.lambda
      }
      sum += Math.abs(error)
    }
    return sum
  }

  private best(features: Float32Array, mask?: Mask): number {
    let best = -1
    for (let action = 0; action < this.actions; action++) {
      if (mask?.[action] === 0) continue
      if (best < 0 || this.value(features, action) > this.value(features, best)) best = action
    }
    return best
  }

  private value(features: Float32Array, action: number): number {
    return features.reduce((sum, x, i) => sum + x * this.weights[action * this.inputs + i], 0)
  }

  private features(observation: unknown): Float32Array {
    return this.context.observationSpace.flatten(observation)
  }
}
