import type { ActContext, Agent } from '../../../src/agents/agent.ts'
import type { Env } from '../../../src/envs/env.ts'
import { Box, Discrete } from '../../../src/envs/spaces.ts'
import { Collector } from '../../../src/runner/play/collector.ts'

export type Actor = Pick<Agent<unknown, unknown>, 'act' | 'learn' | 'appetite'>

/** Random actions; says what one update takes. */
export function actor(unit: 'step' | 'episode', count: number): Actor {
  const act = (observations: readonly unknown[], { rng }: ActContext) =>
    observations.map(() => ({ action: rng.int(2) }))
  return { appetite: { unit, count }, act, learn: () => ({}) }
}

/** Pays and shows its step's number; the n-th episode ends after `lengths[n]` steps. */
export class Counter implements Env<Float32Array, number> {
  readonly spec = { id: 'Counter' }
  readonly observationSpace = new Box(0, 1000, [1])
  readonly actionSpace = new Discrete(2)
  private steps = 0
  private episode = -1

  constructor(
    private readonly lengths: readonly number[],
    private readonly slow = false,
  ) {}

  reset() {
    this.steps = 0
    this.episode++
    return { observation: Float32Array.of(0), info: {} }
  }

  step(_action: number) {
    this.steps++
    const terminated = this.steps === (this.lengths[this.episode % this.lengths.length] ?? 1)
    const observation = Float32Array.of(this.steps)
    const result = { observation, reward: this.steps, terminated, truncated: false, info: {} }
    return this.slow ? Promise.resolve(result) : result
  }
}

export const collector = (envs: readonly Env<unknown, unknown>[], agent: Actor, seed = 1) =>
  new Collector({ envs, agent, seed })
