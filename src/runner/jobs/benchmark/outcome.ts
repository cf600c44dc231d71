import type { CurvePoint } from '../../play/points.ts'
import type { TrainSummary } from '../train/summary.ts'
import type { Contender } from './cells.ts'
import type { RunResult } from './summary.ts'

/** A run that is done, as far as the comparison needs it. */
export interface Outcome extends Omit<RunResult, 'runDir' | 'curve'> {
  readonly agent: string
  /** The contender's name; the agent's where it is compared as it comes. */
  readonly variant: string
  /** With version. */
  readonly env: string
  readonly evalEpisodes: number
  readonly rewardThreshold?: number
  /** Where it lies, if not in the comparison's folder. */
  readonly runDir?: string
  readonly curve: readonly Pick<CurvePoint, 'step' | 'returns' | 'lengths' | 'ends'>[]
  /** Greedy episodes, on the way and after the last step. */
  readonly evaluations: readonly {
    readonly step: number
    readonly returns: readonly number[]
    /** Mean of the episodes' lengths. */
    readonly meanLength: number
  }[]
}

export function outcomeOf(
  { agent, env, seed, hash, steps, evaluation, evaluations, stepsPerSecond, curve, settings }: TrainSummary,
  { name }: Contender,
): Outcome {
  return {
    ...{ agent, variant: name, env, seed, hash, stepsPerSecond },
    evalEpisodes: evaluation.episodes,
    rewardThreshold: settings.rewardThreshold,
    meanReturn: evaluation.meanReturn,
    curve: curve.map(({ step, returns, lengths, ends }) => ({ step, returns, lengths, ends })),
    evaluations: [...evaluations, { step: steps, ...evaluation }].map(({ step, returns, meanLength }) => {
      return { step, returns, meanLength }
    }),
  }
}
