import { z } from 'zod'
import type {
  ActContext,
  Agent,
  AgentContext,
  AgentState,
  Decision,
  Trajectory,
} from '../../src/agents/agent.ts'
import { defineAgent } from '../../src/agents/agent.ts'
import { Rng } from '../../src/common/random.ts'
import type { Mask } from '../../src/envs/env.ts'
import { Discrete } from '../../src/envs/spaces.ts'

type Context = Pick<AgentContext, 'observationSpace' | 'actionSpace' | 'rng' | 'gamma'>

/** A sound agent to break in tests: Q(s, a) = w_a · s, one Monte Carlo pass an episode in random order. */
export class LinearQ implements Agent<unknown, number> {
  readonly appetite: { readonly unit: 'step' | 'episode'; readonly count: number } = {
    unit: 'episode',
    count: 1,
  }
  protected readonly actions: number
  protected weights: number[]
  protected rng: Rng
  protected updates = 0

  constructor(protected readonly context: Context) {
    this.actions = context.actionSpace.flatSize
    this.rng = Rng.of(context.rng.int(2 ** 31), 'learning')
    this.weights = Array.from({ length: this.actions * context.observationSpace.flatSize }, () => 0)
  }

  act(observations: readonly unknown[], { masks, explore, rng }: ActContext): readonly Decision<number>[] {
    return observations.map((observation, i) => {
      const mask = masks[i]
      if (explore && rng.next() < 0.3) return { action: this.context.actionSpace.sample(rng, mask) as number }
      return { action: this.best(observation, mask) }
    })
  }

  learn(trajectories: readonly Trajectory<unknown, number>[]): Readonly<Record<string, number>> {
    const { gamma } = this.context
    let squares = 0
    for (const { transitions } of trajectories) {
      let g = 0
      const returns = [...transitions].reverse().map(({ reward, duration }) => {
        g = reward + gamma ** duration * g
        return g
      })
      returns.reverse()
      for (const t of this.rng.shuffle(transitions.map((_, i) => i))) {
        const flat = this.context.observationSpace.flatten(transitions[t].observation)
        const { action } = transitions[t]
        const error = returns[t] - this.value(flat, action)
        squares += error ** 2
        flat.forEach((x, i) => {
          this.weights[action * flat.length + i] += 0.1 * error * x
        })
      }
    }
    this.updates++
    return { squares }
  }

  state(): AgentState {
    return { weights: [...this.weights], rng: this.rng.state(), updates: this.updates }
  }

  restore(state: AgentState): void {
    this.weights = [...(state.weights as number[])]
    this.rng = Rng.restore(state.rng as number[])
    this.updates = state.updates as number
  }

  protected best(observation: unknown, mask: Mask | undefined): number {
    const flat = this.context.observationSpace.flatten(observation)
    let best = -1
    for (let action = 0; action < this.actions; action++) {
      if (mask !== undefined && mask[action] === 0) continue
      if (best < 0 || this.value(flat, action) > this.value(flat, best)) best = action
    }
    return best
  }

  private value(flat: Float32Array, action: number): number {
    return flat.reduce((sum, x, i) => sum + x * this.weights[action * flat.length + i], 0)
  }
}

export const linearQ = defineAgent({
  description: 'linear values, Monte Carlo',
  config: z.strictObject({ unused: z.number().default(1).describe('nothing') }),
  refuses: ({ actionSpace }) => (actionSpace instanceof Discrete ? undefined : 'it takes discrete actions'),
  factory: context => new LinearQ(context),
})
