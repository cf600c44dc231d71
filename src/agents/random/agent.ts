import { z } from 'zod'
import type { Space } from '../../envs/env.ts'
import type { ActContext, Agent, AgentState, Decision, LearnReport } from '../agent.ts'
import { defineAgent } from '../agent.ts'

/** Uniform among the allowed actions of any space, greedy or not: the floor that every agent must beat. */
export class RandomAgent implements Agent<unknown, unknown> {
  readonly appetite = { unit: 'episode', count: 1 } as const

  constructor(private readonly actionSpace: Space<unknown>) {}

  act(observations: readonly unknown[], { masks, rng }: ActContext): readonly Decision<unknown>[] {
    return observations.map((_, i) => ({ action: this.actionSpace.sample(rng, masks[i]) }))
  }

  learn(): LearnReport {
    return {}
  }

  state(): AgentState {
    return { agent: 'random' }
  }

  restore(): void {}
}

export const random = defineAgent({
  description: 'uniform among the allowed actions; learns nothing',
  config: z.strictObject({}),
  factory: ({ actionSpace }) => new RandomAgent(actionSpace),
})
