import { mean } from '../../../common/statistics.ts'
import { skillOf } from '../../../models/tasks/task.ts'
import type { Composition } from '../../instances/instance.ts'
import type { SearchResult } from '../../instances/schedule-search.ts'
import type { Caveat } from '../../instances/scores.ts'
import type { ScheduleRun } from '../../instances/trained.ts'

/** A seed that ends this near to guessing while the others are this far above it has collapsed. */
const NEAR_CHANCE = 0.05
const FAR_ABOVE = 0.15
/** The most rates that a search may try. */
const MOST_RATES = 9

type Finals = readonly { readonly seed: number; readonly run: ScheduleRun }[]

/**
 * By rule, why nothing can be claimed over a baseline: it hadn't converged, its rate isn't found, a seed failed.
 * @param solved it trains nothing, so that no longer run would help it
 */
export function caveatsOf(
  { longer, atEdge, chosen }: SearchResult,
  finals: Finals,
  composition: Composition,
  solved = false,
): readonly Caveat[] {
  const { budgetSteps, baselineRates } = composition.config
  const caveats: Caveat[] = []
  if (longer?.rising) {
    const gain = (100 * longer.gain).toFixed(1)
    caveats.push({
      kind: 'rising',
      text: `not converged: twice the budget raises its score on the reward split by ${gain} points`,
      remedy: `--budget-steps ${2 * budgetSteps}`,
    })
  }
  if (atEdge) {
    const rate = chosen.trial.rate || chosen.trial.headRate
    const more = Math.min(MOST_RATES, baselineRates + 2)
    caveats.push({
      kind: 'edge',
      text: `its best rate, ${rate.toExponential(0)}, is the outermost that was tried`,
      ...(more > baselineRates && { remedy: `--baseline-rates ${more}` }),
    })
  }
  return [...caveats, ...runCaveats(finals, composition, solved)]
}

/** What went wrong in final runs, of a baseline or of the policy. */
export function runCaveats(finals: Finals, composition: Composition, solved = false): readonly Caveat[] {
  const caveats: Caveat[] = []
  const diverged = finals.filter(({ run }) => run.diverged)
  if (diverged.length > 0)
    caveats.push({ kind: 'diverged', text: `${diverged.length} of ${finals.length} final runs diverged` })
  const { task } = composition
  const chance = task.guessing
  const scores = finals.map(({ run }) => (run.test ? skillOf(task, run.test.score) : chance))
  const low = scores.filter(score => score < chance + NEAR_CHANCE)
  const others = scores.filter(score => score >= chance + NEAR_CHANCE)
  if (low.length > 0 && others.length === 0)
    caveats.push({
      kind: 'collapsed',
      text: 'no final run got beyond guessing',
      ...(!solved && { remedy: `--budget-steps ${2 * composition.config.budgetSteps}` }),
    })
  else if (low.length > 0 && mean(others) > chance + FAR_ABOVE)
    caveats.push({
      kind: 'collapsed',
      text: `${low.length} of ${finals.length} seeds ended at guessing`,
      remedy: '--baseline-seeds 5',
    })
  return caveats
}
