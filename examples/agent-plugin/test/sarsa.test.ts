import { describeAgent } from 'layergym/testing'
import { sarsa } from '../src/definition.ts'

// Allowed actions, masks, states, seeds; and that it learns small environments to near their optimum.
describeAgent('SARSA(λ)', sarsa)
