import { higherAccuracy, lowerLoss, MINIMUM_CLIPS, MINIMUM_SEEDS, tooFew } from './compare.ts'
import { decimal, duration, flops, percent, plural, ratio, scheduleLabel, signed } from './report/format.ts'
import type { Comparison, FineTuneSummary, ScheduleSummary, Verdict } from './summary.ts'

/**
 * Was learning a policy worth it? Only if it beats the best baseline by an interval that excludes 0: in accuracy
 * or, failing that, in loss (that of the baseline with the lowest loss too) with accuracy no worse.
 * Prose for a practitioner: by how much, at what cost, on how much evidence, and what to use otherwise.
 */
export function verdict(summary: Pick<FineTuneSummary, 'policy' | 'baselines' | 'comparison'>): Verdict {
  const rivals = Object.entries(summary.baselines)
    .filter(([name]) => Object.hasOwn(summary.comparison, name))
    .map(([name, schedule]) => ({
      label: scheduleLabel(name),
      schedule,
      comparison: summary.comparison[name],
    }))
  const best = extreme(rivals, byAccuracy)
  const lowestLoss = extreme(rivals, byLoss)
  if (best === undefined || lowestLoss === undefined) return NO_BASELINE
  const { outcome, headline } = conclude(best, lowestLoss)
  const sentences = [
    headline,
    figures(summary.policy, best),
    ...(lowestLoss === best ? [] : [lossFigures(summary.policy, lowestLoss)]),
    `This rests on ${plural(best.comparison.clips, 'test clip')} and ${plural(best.comparison.seeds, 'seed')}.`,
    cost(summary.policy, best),
    outcome === 'yes'
      ? `Whether the gain is worth that cost is yours to judge.`
      : advice(rivals, best, outcome),
  ]
  return { worthIt: outcome === 'yes', outcome, headline, text: sentences.join(' ') }
}

interface Rival {
  readonly label: string
  readonly schedule: ScheduleSummary
  readonly comparison: Comparison
}

type Conclusion = Pick<Verdict, 'outcome' | 'headline'>

const NO_BASELINE: Verdict = {
  worthIt: false,
  outcome: 'undecided',
  headline: 'Undecided: no baseline was run, so nothing says whether learning a policy was worth it.',
  text:
    'Undecided: no baseline was run, so nothing says whether learning a policy was worth it. ' +
    'Run the same command with baselines to find out.',
}

function conclude(best: Rival, lowestLoss: Rival): Conclusion {
  const { comparison, label } = best
  if (tooFew(comparison)) {
    const lacking = [
      ...(comparison.seeds < MINIMUM_SEEDS
        ? [`${plural(comparison.seeds, 'seed')}, at least ${MINIMUM_SEEDS} needed`]
        : []),
      ...(comparison.clips < MINIMUM_CLIPS
        ? [`${plural(comparison.clips, 'test clip')}, at least ${MINIMUM_CLIPS} needed`]
        : []),
    ]
    return {
      outcome: 'undecided',
      headline: `Undecided: too little evidence to tell whether learning a policy was worth it (${lacking.join('; ')}).`,
    }
  }
  if (higherAccuracy(comparison)) {
    const gain = points(comparison.accuracyDifference)
    return {
      outcome: 'yes',
      headline: `Worth it by accuracy: the learned policy beats the best baseline, ${label}, by ${gain}.`,
    }
  }
  if (lowerLoss(comparison) && lowerLoss(lowestLoss.comparison)) {
    return {
      outcome: 'yes',
      headline:
        `Worth it by loss alone: the learned policy's is lower than that of every baseline by at least ` +
        `${decimal(-lowestLoss.comparison.lossDifference, 2)}; its accuracy is no worse than the best baseline's (${label}).`,
    }
  }
  if (comparison.verdict === 'worse') {
    return { outcome: 'no', headline: `Not worth it: the best baseline, ${label}, beats the learned policy.` }
  }
  return {
    outcome: 'no',
    headline: `Not worth it as far as these clips can tell: the learned policy does not measurably beat the best baseline, ${label}.`,
  }
}

function figures(policy: ScheduleSummary, best: Rival): string {
  const { accuracyDifference, accuracyInterval } = best.comparison
  const interval = `95 % interval ${signed(100 * accuracyInterval[0], 1)} to ${signed(100 * accuracyInterval[1], 1)}`
  return (
    `Test accuracy is ${percent(policy.accuracy)} against ${percent(best.schedule.accuracy)}, ` +
    `a difference of ${signed(100 * accuracyDifference, 1)} points (${interval}). ${lossFigures(policy, best)}`
  )
}

function lossFigures(policy: ScheduleSummary, rival: Rival): string {
  const { lossDifference, lossInterval } = rival.comparison
  return (
    `Test loss is ${decimal(policy.loss)} against ${decimal(rival.schedule.loss)} of ${rival.label}, ` +
    `a difference of ${signed(lossDifference)} (${signed(lossInterval[0])} to ${signed(lossInterval[1])}).`
  )
}

function cost(policy: ScheduleSummary, best: Rival): string {
  const rival = best.schedule.total
  const spent = `${flops(policy.total.flops)} and ${duration(policy.total.seconds)}`
  const against = `${flops(rival.flops)} and ${duration(rival.seconds)}`
  const ratios =
    rival.flops > 0 && rival.seconds > 0
      ? ` (in FLOPs ${ratio(policy.total.flops / rival.flops)} that, in time ${ratio(policy.total.seconds / rival.seconds)})`
      : ''
  return (
    `Everything counted, search included, the policy cost ${spent}; ${best.label}, its own search included, ` +
    `cost ${against}${ratios}. One run costs ${flops(policy.flops)} with the learned policy and ` +
    `${flops(best.schedule.flops)} with ${best.label}.`
  )
}

/** The cheapest of the baselines that beat the policy or, where none does, of those that can't be told from it. */
function advice(rivals: readonly Rival[], best: Rival, outcome: Verdict['outcome']): string {
  const winners = rivals.filter(rival => rival.comparison.verdict === 'worse')
  const ties = rivals.filter(rival => rival.comparison.verdict === 'undecided')
  const cheapest = extreme(winners.length > 0 ? winners : ties, byCost) ?? best
  const price = `${flops(cheapest.schedule.total.flops)} in all, accuracy ${percent(cheapest.schedule.accuracy)}`
  const mean =
    cheapest === best
      ? ''
      : ` The best mean accuracy is that of ${best.label} (${percent(best.schedule.accuracy)}).`
  if (outcome === 'undecided') {
    return (
      `For an answer, run more seeds or keep more clips for testing; until then nothing here speaks for more than ` +
      `the cheapest baseline, ${cheapest.label} (${price}).${mean}`
    )
  }
  const reason =
    winners.length > 0 ? 'the cheapest baseline that beats it' : 'the cheapest baseline that it does not beat'
  return `Use ${reason}: ${cheapest.label} (${price}).${mean}`
}

function points(difference: number): string {
  return `${decimal(100 * difference, 1)} points`
}

const byAccuracy = (a: Rival, b: Rival): number =>
  b.schedule.accuracy - a.schedule.accuracy || a.schedule.loss - b.schedule.loss
const byLoss = (a: Rival, b: Rival): number => a.schedule.loss - b.schedule.loss
const byCost = (a: Rival, b: Rival): number => a.schedule.total.flops - b.schedule.total.flops

function extreme(rivals: readonly Rival[], order: (a: Rival, b: Rival) => number): Rival | undefined {
  return [...rivals].sort(order)[0]
}
