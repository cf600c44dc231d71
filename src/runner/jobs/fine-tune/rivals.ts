import type { ScheduleSummary } from '../../instances/scores.ts'
import { scheduleLabel } from '../../report/words.ts'
import { higherAccuracy, lowerLoss } from './compare.ts'
import type { Comparison, FineTuneSummary } from './summary.ts'

/** A baseline, and how the learned policy compares with it. */
export interface Rival {
  readonly name: string
  readonly label: string
  readonly schedule: ScheduleSummary
  readonly comparison: Comparison
}

export type Compared = Pick<
  FineTuneSummary,
  'policy' | 'behaviour' | 'start' | 'baselines' | 'comparison' | 'config'
> & {
  readonly task: Pick<FineTuneSummary['task'], 'metric'>
}

/** Those that were compared, the best by what counts first; of equals the cheaper one. */
export function rivalsOf({
  baselines,
  comparison,
}: Pick<Compared, 'baselines' | 'comparison'>): readonly Rival[] {
  return Object.entries(baselines)
    .filter(([name]) => Object.hasOwn(comparison, name))
    .map(([name, schedule]) => ({
      name,
      label: scheduleLabel(name),
      schedule,
      comparison: comparison[name],
    }))
    .sort(({ schedule: a }, { schedule: b }) => b.primary - a.primary || a.total.flops - b.total.flops)
}

/**
 * Baselines over which a gain of the policy proves nothing yet: those with a caveat that are the best, that it isn't
 * ahead of beyond chance, or that reach it at their own best budget or with their best seed.
 */
export function inQuestion(rivals: readonly Rival[], policy: ScheduleSummary): readonly Rival[] {
  return rivals.filter(({ schedule, comparison }, rank) => {
    if (schedule.caveats.length === 0) return false
    const reached = Math.max(
      schedule.ownBest?.primary ?? 0,
      ...schedule.perSeed.map(({ primary }) => primary),
    )
    return rank === 0 || !higherAccuracy(comparison) || reached >= policy.primary
  })
}

/** What is said of the policy beside one baseline. */
export function claimOf({ schedule, comparison }: Pick<Rival, 'schedule' | 'comparison'>): string {
  if (comparison.same) return 'this schedule'
  if (higherAccuracy(comparison)) {
    if (comparison.verdict === 'better' && schedule.caveats.length === 0) return 'better'
    return schedule.caveats.length > 0 ? 'ahead, but see the caveat' : 'undecided'
  }
  if (comparison.verdict === 'worse') return comparison.accuracyDifference < 0 ? 'worse' : 'higher loss'
  const loss = lowerLoss(comparison) && comparison.verdict === 'better' ? ', lower loss' : ''
  return `${comparison.notWorse ? 'not worse' : 'undecided'}${loss}`
}

export interface Cost {
  readonly flops: number
  readonly seconds: number
}

/** What the policy cost: its own learning and runs and, where it began with the best schedule, all searches for that. */
export function costOfPolicy({
  policy,
  start,
  baselines,
}: Pick<Compared, 'policy' | 'start' | 'baselines'>): Cost {
  const searches = Object.hasOwn(baselines, start.from) ? Object.values(baselines).map(searchOf) : []
  return {
    flops: searches.reduce((sum, { flops }) => sum + flops, policy.total.flops),
    seconds: searches.reduce((sum, { seconds }) => sum + seconds, policy.total.seconds),
  }
}

function searchOf({ solved, total, flops, seconds, perSeed }: ScheduleSummary): Cost {
  if (solved) return total
  return { flops: total.flops - flops * perSeed.length, seconds: total.seconds - seconds * perSeed.length }
}

/** A way to a score, with all that it cost. */
export interface Way {
  readonly label: string
  readonly primary: number
  readonly cost: Cost
  /** A baseline that is solved has no search. */
  readonly searched: boolean
}

/**
 * The cheapest of all whose mean is within the margin of the best mean, its own search counted; baselines at their own
 * best budget among them. Undefined without baselines.
 */
export function cheapestAlike(compared: Compared): (Way & { readonly margin: number }) | undefined {
  const [first] = rivalsOf(compared)
  if (first === undefined) return undefined
  const { margin } = first.comparison
  const own = {
    label: POLICY,
    primary: compared.policy.primary,
    cost: costOfPolicy(compared),
    searched: true,
  }
  const ways = [
    own,
    ...Object.entries(compared.baselines).flatMap(([name, schedule]) => waysOf(name, schedule)),
  ]
  const best = Math.max(...ways.map(({ primary }) => primary))
  const alike = ways.filter(({ primary }) => primary >= best - margin)
  const [cheapest] = alike.sort((a, b) => a.cost.flops - b.cost.flops)
  return { ...cheapest, margin }
}

export const POLICY = 'the learned policy'

function waysOf(name: string, schedule: ScheduleSummary): readonly Way[] {
  const { primary, total, solved, ownBest, perSeed } = schedule
  const label = scheduleLabel(name)
  const way = { label, primary, cost: total, searched: solved !== true }
  if (ownBest === undefined) return [way]
  const search = searchOf(schedule)
  const cost = {
    flops: search.flops + ownBest.flops * perSeed.length,
    seconds: search.seconds + ownBest.seconds * perSeed.length,
  }
  return [way, { ...way, label: `${label} for twice the budget`, primary: ownBest.primary, cost }]
}
