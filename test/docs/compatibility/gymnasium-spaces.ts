import { expect } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import {
  Box,
  Dict,
  Discrete,
  type Dtype,
  Graph,
  MultiBinary,
  MultiDiscrete,
  Sequence,
  spaceFromJSON,
} from '../../../src/envs/spaces.ts'
import { RecordEpisodeStatistics } from '../../../src/envs/wrappers/record-episode-statistics.ts'
import { cartPole, fallen } from './gymnasium.ts'
import type { Row } from './row.ts'

export const spaceRows: readonly Row[] = [
  {
    convention: 'Box with dtypes',
    has: 'yes',
    why: 'float32 (where nothing is said), float64, int8, uint8, int16, uint16, int32, uint32; samples are distributed alike',
    heldBy: ['test/envs/spaces-gymnasium.test.ts', 'samples of whole numbers are on average'],
  },
  {
    convention: 'Box of int64, uint64, float16 or bool',
    has: 'no',
    why: 'JavaScript has no array of numbers of these',
    heldBy: () => expect(() => new Box(0, 1, [1], 'int64' as Dtype)).toThrow(/dtype/),
  },
  {
    convention: 'Discrete with a start',
    has: 'yes',
    why: 'agents that ship act where it is 0',
    heldBy: () => expect(new Discrete(2, 5).contains(6)).toBe(true),
  },
  {
    convention: 'MultiBinary of any shape, MultiDiscrete with starts',
    has: 'no',
    why: 'one row of switches, and choices from 0 on',
    heldBy() {
      expect(() => new MultiBinary([2, 2] as unknown as number)).toThrow(/integer/)
      expect(new MultiDiscrete([2, 2]).contains([0, 1])).toBe(true)
    },
  },
  {
    convention: 'Dict',
    has: 'otherwise',
    why: 'parts stay in the order in which they are given; Gymnasium sorts them by name, so flat forms may differ',
    heldBy: () =>
      expect(Object.keys(new Dict({ b: new Discrete(2), a: new Discrete(3) }).spaces)).toEqual(['b', 'a']),
  },
  {
    convention: 'Text, OneOf',
    has: 'yes',
    why: 'membership and flat forms',
    heldBy: ['test/envs/spaces-gymnasium.test.ts', 'membership and flat forms are Gymnasium'],
  },
  {
    convention: 'Sequence, Graph',
    has: 'otherwise',
    why: 'with a longest length, so that there is a flat form; lengths are sampled alike up to it',
    heldBy() {
      expect(new Sequence(new Discrete(3), 4).flatSize).toBe(1 + 4 * 3)
      expect(new Graph(new Discrete(3), undefined, { maxNodes: 2 }).flatSize).toBe(2 + 2 * 3)
    },
  },
  {
    convention: '`space.sample(mask)`',
    has: 'otherwise',
    why: '`space.sample(rng, mask)`: a space has no generator of its own, so `seed` is none of its methods',
    heldBy() {
      expect(new Discrete(3).sample(Rng.of(1), Uint8Array.of(0, 0, 1))).toBe(2)
      expect('seed' in new Discrete(3)).toBe(false)
    },
  },
  {
    convention: '`sample(probability=…)`',
    has: 'no',
    why: 'policies sample by their distributions',
    heldBy: () => expect(new Discrete(3).sample.length).toBe(2),
  },
  {
    convention: 'spaces survive JSON',
    has: 'yes',
    why: '`toJSON`, `spaceFromJSON`; Gymnasium has `to_jsonable` for values',
    heldBy() {
      const space = new Dict({ a: new Box(0, 255, [2, 2, 3], 'uint8') })
      expect(spaceFromJSON(JSON.parse(JSON.stringify(space))).toJSON()).toEqual(space.toJSON())
    },
  },
]

export const wrapperRows: readonly Row[] = [
  {
    convention:
      'TimeAwareObservation, FrameStackObservation, GrayscaleObservation, ResizeObservation, FlattenObservation, RescaleAction, ClipAction, NormalizeObservation, NormalizeReward, TransformObservation, TransformReward',
    has: 'yes',
    why: 'the same numbers; by name on the command line too (`--wrapper`)',
    heldBy: ['test/envs/wrappers-gymnasium.test.ts', 'spaces, observations, rewards, inner actions'],
  },
  {
    convention: 'RecordEpisodeStatistics',
    has: 'otherwise',
    why: '`info.episode` has `return`, `length`, `seconds` for `r`, `l`, `t`',
    heldBy() {
      const env = new RecordEpisodeStatistics(cartPole())
      env.reset({ seed: 1 })
      const { info } = fallen(env)
      expect(Object.keys(info.episode as object).sort()).toEqual(['length', 'return'])
    },
  },
  {
    convention: 'RecordVideo',
    has: 'yes',
    why: 'mp4 by ffmpeg',
    heldBy: ['test/envs/record-video.test.ts', 'records the episodes that the trigger names'],
  },
  {
    convention: 'PassiveEnvChecker around every environment',
    has: 'otherwise',
    why: 'PassiveChecker where it is asked for; `checkEnv` finds more',
    heldBy: ['test/envs/wrappers-gymnasium.test.ts', 'PassiveChecker stops at the first fault'],
  },
]
