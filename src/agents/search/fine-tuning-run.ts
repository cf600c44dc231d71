import type { FineTuning } from '../../envs/finetune/world.ts'
import type { WorldState } from '../../envs/finetune/world-state.ts'
import { settingsOf } from '../schedules/schedule.ts'
import type { ResumableRun } from './resumable.ts'

/** A fine-tuning run as far as it has come. */
export interface FineTuningState {
  readonly world: WorldState
  /** FLOPs of the run that some advance has said already. */
  readonly said: number
}

/**
 * Fine-tuning in a world as runs that can be left and taken up again, all from this seed. Losses are those of the
 * reward split, the bound where training diverged. What a reset costs is said by the first advance.
 */
export function fineTuningRun<A>(world: FineTuning<A>, seed: number): ResumableRun<FineTuningState> {
  return {
    async begin() {
      await world.reset(seed)
      return { world: world.snapshot(), said: 0 }
    },
    async advance(state, rates, rounds) {
      world.restore(state.world)
      const settings = settingsOf(rates, world.options.limits)
      let done = false
      for (let round = 0; round < rounds && !done; round++) done = (await world.train(settings)).terminated
      return {
        state: { world: world.snapshot(), said: world.flops },
        loss: world.evaluation.loss,
        done,
        flops: world.flops - state.said,
      }
    },
  }
}
