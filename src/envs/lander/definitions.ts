import { z } from 'zod'
import { defineEnv } from '../definition.ts'
import { FRAMES_A_SECOND } from './flight.ts'
import { LunarLanderLite } from './lunar-lander.ts'

export const landerEnvs = {
  'LunarLanderLite-v0': defineEnv({
    description: 'land on a pad: rewards as Gymnasium’s LunarLander, physics of its own (no copy)',
    maxEpisodeSteps: 1000,
    rewardThreshold: 200,
    renderFps: FRAMES_A_SECOND,
    options: z.strictObject({}),
    make: spec => new LunarLanderLite(spec),
  }),
}
