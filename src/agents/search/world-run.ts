import type { World } from '../../envs/world.ts'
import type { ResumableRun } from './resumable.ts'

/** A world's run as far as it has come. */
export interface WorldRunState<W> {
  readonly world: W
  /** FLOPs of the run that some advance has said already. */
  readonly said: number
}

/**
 * A world's runs as ones that can be left and taken up again, all from this seed. Losses are the evaluation's, the
 * bound where training diverged. What a reset costs is said by the first advance.
 */
export function worldRun<A, S, W>(world: World<A, S, W>, seed: number): ResumableRun<WorldRunState<W>> {
  return {
    async begin() {
      await world.reset(seed)
      return { world: world.snapshot(), said: 0 }
    },
    async advance(state, rates, rounds) {
      world.restore(state.world)
      const settings = world.settingsAt(rates)
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
