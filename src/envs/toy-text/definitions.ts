import { z } from 'zod'
import { defineEnv } from '../definition.ts'
import { TabularEnv } from '../exact/tabular.ts'
import { Blackjack } from './blackjack.ts'
import { cliffWalking } from './cliff-walking.ts'
import { taxi } from './taxi.ts'

const probability = z.number().min(0).max(1)
const masked = z.boolean().default(true)
const slippery = (byDefault: boolean) => z.strictObject({ isSlippery: z.boolean().default(byDefault) })

/** Gymnasium's toy text beside FrozenLake, which is among the exact ones; limits and thresholds from gymnasium/envs/__init__.py. */
export const toyTextEnvs = {
  'CliffWalking-v1': defineEnv({
    description: 'walk along a cliff without falling, -1 a step',
    options: slippery(false),
    make: (spec, { isSlippery }) => new TabularEnv(spec, cliffWalking(isSlippery)),
  }),
  'CliffWalkingSlippery-v1': defineEnv({
    description: 'the same on slippery ground',
    options: slippery(true),
    make: (spec, { isSlippery }) => new TabularEnv(spec, cliffWalking(isSlippery)),
  }),
  'Taxi-v3': defineEnv({
    description: 'fetch a passenger and bring them where they want to go; a mask says what makes sense',
    maxEpisodeSteps: 200,
    rewardThreshold: 8,
    options: z.strictObject({ masked }),
    make: (spec, options) => new TabularEnv(spec, taxi({ forward: 1, fickle: 0, ...options })),
  }),
  'Taxi-v4': defineEnv({
    description: 'the same, where it may rain and passengers may change their minds',
    maxEpisodeSteps: 200,
    rewardThreshold: 8,
    options: z.strictObject({
      masked,
      isRainy: z.boolean().default(false),
      rainyProbability: probability.default(0.8),
      ficklePassenger: z.boolean().default(false),
      fickleProbability: probability.default(0.3),
    }),
    make: (spec, options) =>
      new TabularEnv(
        spec,
        taxi({
          masked: options.masked,
          forward: options.isRainy ? options.rainyProbability : 1,
          fickle: options.ficklePassenger ? options.fickleProbability : 0,
        }),
      ),
  }),
  'Blackjack-v1': defineEnv({
    description: 'take cards up to 21, against a dealer',
    options: z.strictObject({ natural: z.boolean().default(false), sab: z.boolean().default(true) }),
    make: (spec, { natural, sab }) => new Blackjack({ spec, natural, suttonBarto: sab }),
  }),
}
