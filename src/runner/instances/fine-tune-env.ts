import { z } from 'zod'
import type { Frame } from '../../common/canvas.ts'
import { parseConfig } from '../../common/settings.ts'
import { defineEnv, type RenderMode, renderMode } from '../../envs/definition.ts'
import type { Env, EnvSpec } from '../../envs/env.ts'
import { worldFrame, worldText } from '../../envs/hierarchy/picture.ts'
import { viewNamed } from '../../envs/hierarchy/view-named.ts'
import type { World } from '../../envs/world.ts'
import { SameSpaces } from '../../envs/wrappers/wrapper.ts'
import { unwatched } from '../runs/hooks.ts'
import { fineTuneSchema, IN_CODE, withAbsolutePaths } from './config.ts'

/** Settings of fine-tune that decide the world, not who acts in it or what it is compared with. */
const WORLD_KEYS = {
  ...({ model: true, data: true, task: true, groups: true, actions: true, reward: true } as const),
  ...({ costWeight: true, budgetSteps: true, roundSteps: true, batchSize: true, frames: true } as const),
  ...({
    size: true,
    sampling: true,
    augment: true,
    fit: true,
    scaling: true,
    head: true,
    norm: true,
  } as const),
  ...({ optimizer: true, learningRate: true, shape: true, balance: true, seed: true } as const),
  ...({ groupColumn: true, skipBroken: true, stageMemory: true, plugin: true, engine: true } as const),
  ...({ executor: true } as const),
  ...({ threads: true, cache: true, states: true, rootActions: true, rootEvery: true, gamma: true } as const),
} as const

/**
 * Fine-tuning as an environment: an episode is one fine-tuning run, a step one round of it. Options are those of
 * `fine-tune` (`model`, `data`, `groups`, `budgetSteps`…), where the run starts, and the view.
 */
export const fineTuneEnv = defineEnv({
  description: 'fine-tuning itself: an episode is a run of a model on clips, a step a round of training',
  heavy: true,
  options: fineTuneSchema.pick(WORLD_KEYS).extend({
    start: z
      .enum(['probe', 'chance'])
      .default('chance')
      .describe("where a run starts: with a fresh head that guesses, or at the linear probe's solution"),
    view: z
      .string()
      .default('flat')
      .describe('flat (one action for all groups), sequential, root, or the name of one layer group'),
    renderMode: renderMode.default('rgb').describe('what render() gives: rgb, a picture, or ansi, a text'),
  }),
  async make(spec, { view, renderMode, ...settings }) {
    const values = { ...settings, baselines: 'none', out: IN_CODE }
    const config = withAbsolutePaths(parseConfig(fineTuneSchema, values))
    const [{ compose }, { fromItsBeginning }] = await Promise.all([
      import('./compose.ts'),
      import('./start.ts'),
    ])
    const hooks = unwatched()
    const whole = await compose(config, {}, hooks)
    try {
      const { worlds, container } = await fromItsBeginning(whole, hooks.clock)
      const { rootActions, rootEvery: every, gamma } = config
      const env = viewNamed(worlds[0], view, {
        actions: container.get('rootActions', rootActions),
        every,
        gamma,
      })
      return new Owner(env, spec, {
        dispose: () => whole.dispose(),
        render: () => pictureOf(worlds[0], renderMode),
      })
    } catch (error) {
      whole.dispose()
      throw error
    }
  },
})

function pictureOf(world: World, mode: RenderMode): Frame | string {
  return mode === 'rgb' ? worldFrame(world) : worldText(world)
}

/** An environment with what it works on, which goes when it is closed. */
class Owner extends SameSpaces<unknown, unknown> {
  override readonly spec: EnvSpec
  override readonly render = () => this.own.render()
  private closed = false

  constructor(
    env: Env<unknown, unknown>,
    spec: EnvSpec,
    private readonly own: { dispose(): void; render(): Frame | string },
  ) {
    super(env)
    this.spec = { ...env.spec, ...spec }
  }

  override close(): void {
    if (!this.closed) this.own.dispose()
    this.closed = true
  }
}
