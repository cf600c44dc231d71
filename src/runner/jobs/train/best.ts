import type { EvaluationPoint } from '../../play/points.ts'

/** The best evaluation on the way, and how many came after it without being better. */
export interface BestState {
  readonly step: number
  /** Undiscounted, mean over the evaluation's episodes. */
  readonly meanReturn: number
  readonly since: number
}

/** When a run ends by its evaluations. */
export interface StoppingRule {
  /** Ends the run when an evaluation's mean return is at least this. */
  readonly stopAt?: number
  /** Ends it after so many evaluations in a row that weren't better than the best. */
  readonly patience?: number
}

/** @returns what is best with this evaluation too: it is itself where `since` is 0 */
export function betterOf(best: BestState | undefined, { step, meanReturn }: EvaluationPoint): BestState {
  if (best !== undefined && meanReturn <= best.meanReturn) return { ...best, since: best.since + 1 }
  return { step, meanReturn, since: 0 }
}

/** Why the run ends here; undefined where it goes on. */
export function reasonToStop(best: BestState, { stopAt, patience }: StoppingRule): string | undefined {
  if (stopAt !== undefined && best.since === 0 && best.meanReturn >= stopAt)
    return `step ${best.step} evaluated to ${best.meanReturn.toFixed(2)}, at least the ${stopAt} of --stop-at`
  if (patience !== undefined && best.since >= patience)
    return `no evaluation was better than step ${best.step}'s ${best.meanReturn.toFixed(2)} ${patience} times in a row (--patience)`
  return undefined
}
