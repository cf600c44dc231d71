import { mean } from '../models/metrics.ts'
import type { Composition } from './composition.ts'
import type { ScheduleRun } from './schedule-runs.ts'
import type { SearchResult } from './schedule-search.ts'
import type { Caveat } from './summary.ts'
import { testScore } from './test-scores.ts'

/** A seed that ends this near to guessing while the others are this far above it has collapsed. */
const NEAR_CHANCE = 0.05
const FAR_ABOVE = 0.15

/** By rule, why nothing can be claimed over a baseline: it hadn't converged, its rate isn't found, a seed failed. */
export function caveatsOf(
  { longer, atEdge, chosen }: SearchResult,
  finals: readonly { readonly seed: number; readonly run: ScheduleRun }[],
  composition: Composition,
): readonly Caveat[] {
  const { budgetSteps, baselineRates } = composition.config
  const caveats: Caveat[] = []
  if (longer?.rising) {
    caveats.push({
      kind: 'rising',
      text: `not converged: twice the budget raises its score on the reward split by ${(100 * longer.gain).toFixed(1)} points`,
      remedy: `--budget-steps ${2 * budgetSteps}`,
    })
  }
  if (atEdge) {
    const rate = chosen.trial.rate || chosen.trial.headRate
    caveats.push({
      kind: 'edge',
      text: `its best rate, ${rate.toExponential(0)}, is the outermost that was tried`,
      remedy: `--baseline-rates ${Math.min(9, baselineRates + 2)}`,
    })
  }
  const diverged = finals.filter(({ run }) => run.diverged)
  if (diverged.length > 0)
    caveats.push({ kind: 'diverged', text: `${count(diverged.length, 'final run')} diverged` })
  const chance = 1 / composition.dataset.classes.length
  const scores = finals.map(({ run }) =>
    run.test ? testScore(run.test, composition).balancedAccuracy : chance,
  )
  const low = scores.filter(score => score < chance + NEAR_CHANCE)
  const others = scores.filter(score => score >= chance + NEAR_CHANCE)
  if (low.length > 0 && others.length > 0 && mean(others) > chance + FAR_ABOVE)
    caveats.push({
      kind: 'collapsed',
      text: `${count(low.length, 'seed')} of ${finals.length} ended at guessing`,
      remedy: '--baseline-seeds 5',
    })
  return caveats
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
