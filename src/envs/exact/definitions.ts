import { z } from 'zod'
import { defineEnv } from '../definition.ts'
import { ContinuousTarget } from './continuous-target.ts'
import { FROZEN_LAKES, grid } from './grid.ts'
import { bandit, chain, maskedWalk, memory, tMaze } from './processes.ts'
import { TabularEnv } from './tabular.ts'

const probability = z.number().min(0).max(1)
const size = z.number().int().min(2).max(10_000)

/** As in Gymnasium, but that `isSlippery` false is `successRate` 1. */
const lakeOptions = (map: keyof typeof FROZEN_LAKES) =>
  z.strictObject({
    map: z.union([z.enum(['4x4', '8x8']), z.array(z.string()).min(1)]).default(map),
    isSlippery: z.boolean().default(true),
    successRate: probability.default(1 / 3),
    rewardSchedule: z.tuple([z.number(), z.number(), z.number()]).default([1, 0, 0]),
  })

const frozenLake = (map: keyof typeof FROZEN_LAKES, maxEpisodeSteps: number, rewardThreshold: number) =>
  defineEnv({
    description: `cross a slippery lake of ${map} cells`,
    maxEpisodeSteps,
    rewardThreshold,
    options: lakeOptions(map),
    make(spec, options) {
      const rows = typeof options.map === 'string' ? FROZEN_LAKES[options.map] : options.map
      const successRate = options.isSlippery ? options.successRate : 1
      return new TabularEnv(spec, grid({ map: rows, successRate, rewards: options.rewardSchedule }))
    },
  })

/** Small environments whose optimum is known exactly: what algorithms are tested on. */
export const exactEnvs = {
  'Bandit-v0': defineEnv({
    description: 'one pull of one of several arms',
    rewardThreshold: 0.9,
    options: z.strictObject({ means: z.array(probability).min(1).default([0.1, 0.3, 0.5, 0.7, 0.9]) }),
    make: (spec, options) => new TabularEnv(spec, bandit(options.means)),
  }),
  'Chain-v0': defineEnv({
    description: 'walk to the far end instead of taking the small reward at once',
    maxEpisodeSteps: 100,
    options: z.strictObject({
      length: size.default(5),
      slip: probability.default(0.1),
      small: z.number().default(0.2),
    }),
    make: (spec, options) => new TabularEnv(spec, chain(options.length, options.slip, options.small)),
  }),
  'GridWorld-v0': defineEnv({
    description: 'the shortest way round walls, -1 a step',
    maxEpisodeSteps: 100,
    options: z.strictObject({
      map: z.array(z.string()).min(1).default(['S..#.', '.#...', '.#.#.', '...#.', '##..G']),
    }),
    make: (spec, options) =>
      new TabularEnv(spec, grid({ map: options.map, successRate: 1, rewards: [-1, -1, -1] })),
  }),
  'FrozenLake-v1': frozenLake('4x4', 100, 0.7),
  'FrozenLake8x8-v1': frozenLake('8x8', 200, 0.85),
  'MaskedWalk-v0': defineEnv({
    description: 'walk to a prize and take it; a mask says what is allowed',
    maxEpisodeSteps: 50,
    options: z.strictObject({ length: size.default(6) }),
    make: (spec, options) => new TabularEnv(spec, maskedWalk(options.length)),
  }),
  'ContinuousTarget-v0': defineEnv({
    description: 'name the point that is shown',
    maxEpisodeSteps: 10,
    options: z.strictObject({ size: z.number().int().min(1).max(10_000).default(1) }),
    make: (spec, options) => new ContinuousTarget(spec, options.size),
  }),
  'Memory-v0': defineEnv({
    description: 'remember what the first observation said (partially observable)',
    options: z.strictObject({ length: z.number().int().min(0).max(10_000).default(3) }),
    make: (spec, options) => new TabularEnv(spec, memory(options.length)),
  }),
  'TMaze-v0': defineEnv({
    description:
      'walk a corridor whose cells look alike, and turn as its first cell said (partially observable)',
    maxEpisodeSteps: 300,
    rewardThreshold: 0.9,
    options: z.strictObject({ length: z.number().int().min(1).max(10_000).default(30) }),
    make: (spec, options) => new TabularEnv(spec, tMaze(options.length)),
  }),
}
