import { failure, LayergymError } from '../../common/error.ts'
import { isBetter } from '../../envs/finetune/training.ts'
import type { Weights } from '../../models/initialize.ts'
import type { EpisodeResult } from '../play/episode.ts'
import {
  type Attempt,
  attemptEpisode,
  type BestEpisode,
  chosenBy,
  initialLearningState,
  type LearningState,
  type LearnOptions,
  type LearnPlan,
  type Lost,
  learn,
} from '../play/learn.ts'
import type { Order } from '../runs/crew.ts'
import { digestOf } from '../runs/digest.ts'
import type { Unit, UnitContext } from '../runs/job.ts'

/** What learning came to, besides its episodes: those are its records. */
export type Learned = Omit<LearningState, 'episodes'>

export interface LearningOptions extends LearnPlan, Pick<LearnOptions, 'onEpisodeStart'> {
  readonly checkpointEvery: number
  /** What another process needs to play an episode, where there are some; its outcome is an `EpisodeOutcome`. */
  readonly orderOf?: (index: number, state: LearningState) => Omit<Order, 'key'>
  /** SHA-256 over an episode's weights. */
  readonly contentOf?: (weights: Weights) => string
  /** Told of every episode that is the best so far. */
  readonly onBest?: (best: BestEpisode, context: UnitContext) => Promise<void>
  /** Told of the one that an earlier process left. */
  readonly onKnownBest?: (best: BestEpisode) => void
}

/** Learning as a unit: its checkpoints hold what doesn't grow, its episodes are appended. */
export function learningUnit(given: LearningOptions): Unit<Learned> {
  const { checkpointEvery, contentOf, onBest, onKnownBest, orderOf, ...options } = given
  return {
    key: 'learning',
    digest: ({ agents: states, best, updates }, records) => {
      const did = (records as LearningState['episodes']).map(({ actions, rewards }) => [actions, rewards])
      return digestOf([did, states, updates, best && contentOf?.(best.weights)])
    },
    async run(context) {
      const { saved, save, emit, signal, clock, crew } = context
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
        ...(crew && orderOf && { elsewhere: elsewhere(crew, orderOf, emit) }),
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

type EpisodeOutcome = { readonly result: EpisodeResult } | { readonly lost: Lost }

/** An episode that is played for learning in another process: with the policies that it has restored. */
export function episodeUnit(
  key: string,
  plan: LearnPlan,
  { index, best }: { readonly index: number; readonly best?: Pick<BestEpisode, 'score' | 'rewardLoss'> },
): Unit<EpisodeOutcome> {
  return {
    key,
    digest: digestOfEpisode,
    async run({ clock, signal }): Promise<EpisodeOutcome> {
      const attempt = await attemptEpisode(plan, index, { clock, signal })
      if ('result' in attempt) {
        const { result } = attempt
        const better = best === undefined || isBetter(chosenBy(result.summary), chosenBy(best))
        // Only the best episode's are looked at, and they are many.
        return { result: plan.comparable && better ? result : { ...result, weights: {} } }
      }
      const { error, lost } = attempt
      if (signal.aborted || (error instanceof LayergymError && error.kind !== 'failure')) throw error
      return { lost }
    },
  }
}

/** Flops of a stage that is kept depend on who has kept it. */
function digestOfEpisode(outcome: EpisodeOutcome): string {
  if ('lost' in outcome) return digestOf(outcome.lost.message)
  const { actions, rewards, trajectories } = outcome.result
  return digestOf([actions, rewards, trajectories])
}

function elsewhere(
  crew: NonNullable<UnitContext['crew']>,
  orderOf: NonNullable<LearningOptions['orderOf']>,
  emit: UnitContext['emit'],
): LearnOptions['elsewhere'] {
  return {
    atOnce: crew.size,
    async attempt(index, state): Promise<Attempt> {
      const made = await crew.perform({ key: `episode/${index + 1}`, ...orderOf(index, state) }, emit)
      const outcome = made.outcome as EpisodeOutcome
      if ('result' in outcome) return outcome
      return { error: failure('episode.failed', outcome.lost.message), lost: outcome.lost }
    },
  }
}
