import { definePlugin } from 'layergym'
import { actorCritic, sarsa } from './definition.ts'
import { windyGridworld } from './windy-gridworld.ts'

export const plugin = definePlugin({
  name: 'layergym-sarsa',
  agents: { sarsa, 'actor-critic': actorCritic },
  envs: { 'sarsa/WindyGridworld-v0': windyGridworld },
})
