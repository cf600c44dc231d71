import { definePlugin } from 'layergym'
import { sarsa } from './definition.ts'
import { windyGridworld } from './windy-gridworld.ts'

export const plugin = definePlugin({
  name: 'layergym-sarsa',
  agents: { sarsa },
  envs: { 'sarsa/WindyGridworld-v0': windyGridworld },
})
