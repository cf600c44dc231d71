import type { Weights } from '../../models/initialize.ts'
import {
  type BestEpisode,
  initialLearningState,
  type LearningState,
  type LearnOptions,
  type LearnPlan,
  learn,
} from '../play/learn.ts'
import { digestOf } from '../runs/digest.ts'
import type { Unit, UnitContext } from '../runs/job.ts'

/** What learning came to, besides its episodes: those are its records. */
export type Learned = Omit<LearningState, 'episodes'>

export interface LearningOptions extends LearnPlan, Pick<LearnOptions, 'onEpisodeStart'> {
  readonly checkpointEvery: number
  /** SHA-256 over an episode's weights. */
  readonly contentOf?: (weights: Weights) => string
  /** Told of every episode that is the best so far. */
  readonly onBest?: (best: BestEpisode, context: UnitContext) => Promise<void>
  /** Told of the one that an earlier process left. */
  readonly onKnownBest?: (best: BestEpisode) => void
}

/** Learning as a unit: its checkpoints hold what doesn't grow, its episodes are appended. */
export function learningUnit(given: LearningOptions): Unit<Learned> {
  const { checkpointEvery, contentOf, onBest, onKnownBest, ...options } = given
  return {
    key: 'learning',
    digest: ({ agents: states, best, updates }, records) => {
      const did = (records as LearningState['episodes']).map(({ actions, rewards }) => [actions, rewards])
      return digestOf([did, states, updates, best && contentOf?.(best.weights)])
    },
    async run(context) {
      const { saved, save, emit, signal, clock } = context
      const before = (saved?.records ?? []) as LearningState['episodes']
      let kept = before.length
      const known = saved?.state as Learned
      let best = saved && known.best
      if (best !== undefined) onKnownBest?.(best)
      const { episodes: _, ...learned } = await learn({
        ...options,
        ...{ signal, clock },
        state: saved ? { ...known, episodes: before } : initialLearningState(options.control.agents),
        onEvent: emit,
        async onState({ episodes, ...rest }) {
          if (rest.best !== undefined && rest.best !== best) await onBest?.(rest.best, context)
          best = rest.best
          if (episodes.length < options.episodes && episodes.length % checkpointEvery !== 0) return
          await save(rest, episodes.slice(kept))
          kept = episodes.length
        },
      })
      return learned
    },
  }
}
