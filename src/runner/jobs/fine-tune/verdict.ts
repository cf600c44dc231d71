import { LEVEL } from '../../inference/holm.ts'
import { MINIMUM_CLIPS, MINIMUM_SEEDS } from '../../inference/inference.ts'
import {
  costWords,
  decimal,
  duration,
  flops,
  percent,
  plural,
  scheduleLabel,
  shareOfCost,
  signed,
} from '../../report/words.ts'
import { higherAccuracy, lowerLoss, tooFew } from './compare.ts'
import {
  type Compared,
  cheapestAlike,
  costOfPolicy,
  inQuestion,
  POLICY,
  type Rival,
  rivalsOf,
} from './rivals.ts'
import type { Verdict } from './summary.ts'

/**
 * Was learning a policy worth it? Only if it beats the best baseline by what counts, beyond chance, that baseline had
 * its chance, and the policy isn't a schedule that needs no learning; or if it does as well and is the cheapest way
 * there. Otherwise: what was seen, what stands against more, what would find out.
 */
export function verdict(compared: Compared): Verdict {
  const rivals = rivalsOf(compared)
  const [best] = rivals
  if (best === undefined) return NO_BASELINE
  const { outcome, headline } = conclude(compared, rivals)
  const sentences = [
    headline,
    figures(compared, best),
    ...ownBests(rivals),
    `What the policy does: ${compared.behaviour.words}.`,
    ...cost(compared, best),
    ...findOut(compared, rivals, outcome),
  ]
  return { worthIt: outcome === 'yes', outcome, headline, text: sentences.join(' ') }
}

type Conclusion = Pick<Verdict, 'outcome' | 'headline'>

const NOTHING = 'Undecided: no baseline was run, so nothing says whether learning a policy was worth it.'
const NO_BASELINE: Verdict = {
  worthIt: false,
  outcome: 'undecided',
  headline: NOTHING,
  text: `${NOTHING} Run the same command with baselines to find out.`,
}

function conclude(compared: Compared, rivals: readonly Rival[]): Conclusion {
  const { policy, behaviour } = compared
  const [best] = rivals
  if (behaviour.schedule !== undefined) {
    const schedule = scheduleLabel(behaviour.schedule)
    return {
      outcome: 'no',
      headline: `Not worth it: what was learned is a schedule that needs no learning, ${schedule}; no difference to it is claimed.`,
    }
  }
  if (tooFew(best.comparison)) return { outcome: 'undecided', headline: lacking(best) }
  const beaten = rivals.find(
    ({ comparison: { verdict: said, accuracyDifference } }) => said === 'worse' && accuracyDifference < 0,
  )
  if (beaten !== undefined) {
    const by = points(-beaten.comparison.accuracyDifference)
    return { outcome: 'no', headline: `Not worth it: ${beaten.label} beats the learned policy by ${by}.` }
  }
  if (higherAccuracy(best.comparison)) return ahead(best, inQuestion(rivals, policy))
  if (best.comparison.notWorse) return alike(compared, best)
  const seen = `${signed(100 * best.comparison.accuracyDifference, 1)} points`
  return {
    outcome: 'undecided',
    headline: `Undecided: these clips and seeds can't tell the learned policy from the best baseline, ${best.label} (${seen}).`,
  }
}

function lacking({ comparison: { seeds, clips } }: Rival): string {
  const few = [
    ...(seeds < MINIMUM_SEEDS ? [`${plural(seeds, 'seed')}, at least ${MINIMUM_SEEDS} needed`] : []),
    ...(clips < MINIMUM_CLIPS ? [`${plural(clips, 'test clip')}, at least ${MINIMUM_CLIPS} needed`] : []),
  ]
  return `Undecided: too little evidence to tell whether learning a policy was worth it (${few.join('; ')}).`
}

function ahead(best: Rival, questioned: readonly Rival[]): Conclusion {
  const gain = points(best.comparison.accuracyDifference)
  const [first] = questioned
  if (first === undefined && !best.comparison.same)
    return {
      outcome: 'yes',
      headline: `Worth it: the learned policy beats the best baseline, ${best.label}, by ${gain}.`,
    }
  const against =
    first === undefined ? '' : `: ${first.label} has a caveat (${first.schedule.caveats[0].text})`
  return {
    outcome: 'undecided',
    headline: `Undecided: the learned policy is ahead of the best baseline, ${best.label}, by ${gain}, but no gain is claimed${against}.`,
  }
}

/** Not worse by a margin stated beforehand: then cost decides. */
function alike(compared: Compared, { label, comparison, schedule }: Rival): Conclusion {
  const own = costOfPolicy(compared).flops
  const margin = points(comparison.margin).replace('.0 ', ' ')
  const headline = `About the same as ${label} (not worse by more than ${margin}), at ${shareOfCost(own / schedule.total.flops)}.`
  if (schedule.caveats.length > 0) return { outcome: 'undecided', headline }
  return { outcome: cheapestAlike(compared)?.label === POLICY ? 'yes' : 'no', headline }
}

function figures({ policy, task: { metric } }: Compared, best: Rival): string {
  const { accuracyDifference, accuracyInterval, adjusted, detectable, clips, seeds } = best.comparison
  const interval = `95 % interval ${signed(100 * accuracyInterval[0], 1)} to ${signed(100 * accuracyInterval[1], 1)}`
  const power =
    adjusted > LEVEL && Number.isFinite(detectable) && detectable > 0
      ? ` A true difference of less than ${points(detectable)} would mostly not have been seen.`
      : ''
  const loss = lowerLoss(best.comparison)
    ? ` Its loss is lower, by ${decimal(-best.comparison.lossDifference, 2)}.`
    : ''
  return (
    `Mean test ${metric} is ${percent(policy.primary)} against ${percent(best.schedule.primary)} of ${best.label}: ` +
    `${signed(100 * accuracyDifference, 1)} points (${interval}; p ${decimal(adjusted, 2)} corrected for the number ` +
    `of comparisons), on ${plural(clips, 'test clip')} and ${plural(seeds, 'seed')}.${power}${loss}`
  )
}

/** At equal FLOPs is one comparison; with what a baseline needs, another. */
function ownBests(rivals: readonly Rival[]): readonly string[] {
  return rivals.flatMap(({ label, schedule: { ownBest, primary } }) =>
    ownBest === undefined
      ? []
      : [
          `With twice the budget ${label} has ${percent(ownBest.primary)} (${percent(primary)} at equal FLOPs).`,
        ],
  )
}

function cost(compared: Compared, best: Rival): readonly string[] {
  const { policy, start, baselines, config } = compared
  const own = costOfPolicy(compared)
  const rival = best.schedule.total
  const searches = Object.hasOwn(baselines, start.from) ? ' and the searches that found its start' : ''
  const learning = config.policy === undefined ? 'its learning' : 'its runs'
  const elsewhere = config.policy === undefined ? '' : ', but not what learning it cost elsewhere'
  return [
    `The policy cost ${costWords(own)}, ${learning}${searches} included${elsewhere}; ${best.label} cost ${costWords(rival)} with its own search.`,
    `One run costs ${flops(policy.flops)} and ${duration(policy.seconds)} with the policy, ` +
      `${flops(best.schedule.flops)} and ${duration(best.schedule.seconds)} with ${best.label}.`,
  ]
}

/** What would find out, where something would. */
function findOut(
  compared: Compared,
  rivals: readonly Rival[],
  outcome: Verdict['outcome'],
): readonly string[] {
  if (outcome !== 'undecided') return []
  const { clips, seeds } = rivals[0].comparison
  const caveats = inQuestion(rivals, compared.policy).flatMap(({ label, schedule }) =>
    schedule.caveats.map(
      ({ text, remedy }) => `${label}: ${text}${remedy === undefined ? '' : ` (${remedy})`}`,
    ),
  )
  if (caveats.length > 0) return [`What stands against a claim: ${caveats.join('; ')}.`]
  const more = [
    ...(seeds < 5 ? ['more seeds (--baseline-seeds 5)'] : []),
    ...(clips < MINIMUM_CLIPS || seeds >= 5 ? ['more test clips'] : []),
  ]
  return [`To find out: ${more.join(' and ')}.`]
}

function points(difference: number): string {
  return `${decimal(100 * difference, 1)} points`
}
