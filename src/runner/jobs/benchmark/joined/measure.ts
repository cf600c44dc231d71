import { inputError } from '../../../../common/error.ts'
import { mean } from '../../../../common/statistics.ts'
import { integer } from '../../../report/words.ts'
import type { IdentifiedRun } from './identity.ts'

/** What all runs are compared by: what every log has. */
export type Measure = 'evaluation' | 'training'

/** Training episodes of a run's end, as Stable-Baselines3's rollout/ep_rew_mean has. */
const RECENT = 100

/** How far beyond the budget a run's last evaluation may be, and count: learning ends with a whole rollout or episode. */
const SLACK = 1.03

/** A run up to the steps that all have. */
export interface Measured extends IdentifiedRun {
  readonly meanReturn: number
}

/**
 * Evaluations where every run has one within the budget, else training episodes.
 * @param budget environment steps
 * @throws input error where a run has none of these either
 */
export function measureOf(runs: readonly IdentifiedRun[], budget: number): Measure {
  const cut = runs.map(run => upTo(run, budget))
  if (cut.every(({ evaluations }) => evaluations.length > 0)) return 'evaluation'
  const empty = cut.find(({ episodes }) => episodes.length === 0)
  if (empty === undefined) return 'training'
  throw inputError(
    'report.measure',
    `${empty.source} has no training episode within ${integer(budget)} steps, and not every run has an evaluation: ` +
      'there is nothing that all can be compared by',
  )
}

/** @returns with what is logged within the budget alone */
export function measured(run: IdentifiedRun, measure: Measure, budget: number): Measured {
  const { episodes, evaluations, doubts, ...rest } = upTo(run, budget)
  const last = evaluations.at(-1)
  if (measure === 'evaluation' && last !== undefined) {
    const early = last.step < 0.9 * budget ? [`its last evaluation is at ${integer(last.step)} steps`] : []
    return { ...rest, episodes, evaluations, doubts: [...doubts, ...early], meanReturn: mean(last.returns) }
  }
  const recent = episodes.slice(run.smoothed === true ? -1 : -RECENT).map(episode => episode.return)
  return { ...rest, episodes, evaluations, doubts, meanReturn: mean(recent) }
}

function upTo(run: IdentifiedRun, budget: number): IdentifiedRun {
  return {
    ...run,
    episodes: run.episodes.filter(({ step }) => step <= budget),
    evaluations: run.evaluations.filter(
      ({ step }, i, { length }) => step <= budget || (i === length - 1 && step <= SLACK * budget),
    ),
  }
}

export function measureWords(measure: Measure): string {
  return measure === 'evaluation'
    ? 'Returns of the last evaluation, mean of its episodes a run'
    : `Returns of the last ${RECENT} training episodes, in which agents explore, their mean a run`
}
