import { z } from 'zod'
import { defineEnv } from '../definition.ts'
import { breakout } from './breakout.ts'
import { PictureGame } from './game.ts'
import { spaceInvaders } from './space-invaders.ts'

const options = z.strictObject({ stickyProbability: z.number().min(0).max(0.99).default(0.1) })
/** Ours, so that an evaluation ends: MinAtar's episodes have no limit. */
const common = { maxEpisodeSteps: 10_000, renderFps: 10, options }

/** Small games with pictures, by the rules of MinAtar (Young & Tian 2019), with its minimal action sets. */
export const pictureEnvs = {
  'MinBreakout-v0': defineEnv({
    ...common,
    description: 'break bricks with a ball: pictures of 10x10 cells, as MinAtar’s Breakout',
    make: (spec, { stickyProbability }) => new PictureGame(spec, breakout, stickyProbability),
  }),
  'MinSpaceInvaders-v0': defineEnv({
    ...common,
    description: 'shoot aliens before they land: pictures of 10x10 cells, as MinAtar’s Space Invaders',
    make: (spec, { stickyProbability }) => new PictureGame(spec, spaceInvaders, stickyProbability),
  }),
}
