import { failure } from '../common/error.ts'
import type { Rng } from '../common/random.ts'
import { pairedBootstrap } from './statistics.ts'
import type { Comparison } from './summary.ts'

/** How one clip of the test split was classified. */
export interface ClipOutcome {
  readonly correct: 0 | 1
  /** Cross-entropy, finite. */
  readonly loss: number
}

/** [seeds][clips]: every seed on the same clips in the same order. */
export interface SchedulePredictions {
  readonly perSeed: readonly (readonly ClipOutcome[])[]
}

/** A seed alone moves accuracy by points, and so does a handful of clips: below these nothing is claimed. */
export const MINIMUM_SEEDS = 3
export const MINIMUM_CLIPS = 30

/**
 * The learned policy against one baseline: policy minus baseline, paired by seed and by test clip.
 * @throws failure `compare.shape` when the two differ in seeds or clips, `compare.loss` for a loss that isn't finite
 * (bound a diverged run's losses first).
 */
export function compareSchedules(input: {
  readonly policy: SchedulePredictions
  readonly baseline: SchedulePredictions
  readonly rng: Rng
}): Comparison {
  const { policy, baseline, rng } = input
  checkPairs(policy, baseline)
  const accuracy = pairedBootstrap(
    differencesOf(policy, baseline, clip => clip.correct),
    rng,
  )
  const loss = pairedBootstrap(
    differencesOf(policy, baseline, clip => clip.loss),
    rng,
  )
  const figures = {
    accuracyDifference: accuracy.mean,
    accuracyInterval: accuracy.interval,
    lossDifference: loss.mean,
    lossInterval: loss.interval,
    clips: policy.perSeed[0].length,
    seeds: policy.perSeed.length,
  }
  return { ...figures, verdict: judge(figures) }
}

function judge(figures: Omit<Comparison, 'verdict'>): Comparison['verdict'] {
  if (tooFew(figures)) return 'undecided'
  if (figures.accuracyInterval[0] > 0 || lowerLoss(figures)) return 'better'
  if (figures.accuracyInterval[1] < 0) return 'worse'
  return figures.lossInterval[0] > 0 && figures.accuracyDifference <= 0 ? 'worse' : 'undecided'
}

/** Lower loss beyond chance, and accuracy no lower. */
export function lowerLoss(figures: Omit<Comparison, 'verdict'>): boolean {
  return figures.lossInterval[1] < 0 && figures.accuracyDifference >= 0
}

/** Below the minimum of seeds or clips nothing is claimed. */
export function tooFew({ seeds, clips }: Pick<Comparison, 'seeds' | 'clips'>): boolean {
  return seeds < MINIMUM_SEEDS || clips < MINIMUM_CLIPS
}

function differencesOf(
  policy: SchedulePredictions,
  baseline: SchedulePredictions,
  measure: (clip: ClipOutcome) => number,
): number[][] {
  return policy.perSeed.map((clips, seed) =>
    clips.map((clip, index) => measure(clip) - measure(baseline.perSeed[seed][index])),
  )
}

function checkPairs(policy: SchedulePredictions, baseline: SchedulePredictions): void {
  const shape = (schedule: SchedulePredictions): string =>
    JSON.stringify(schedule.perSeed.map(clips => clips.length))
  if (shape(policy) !== shape(baseline) || policy.perSeed.length === 0) {
    throw failure(
      'compare.shape',
      `schedules are compared seed by seed and clip by clip, but the policy has ${shape(policy)} clips and the ` +
        `baseline ${shape(baseline)}: score both on the same seeds and test clips`,
    )
  }
  for (const clips of [...policy.perSeed, ...baseline.perSeed]) {
    const bad = clips.find(clip => !Number.isFinite(clip.loss))
    if (bad === undefined) continue
    throw failure(
      'compare.loss',
      `a clip's loss is ${bad.loss}, and only finite losses have a mean: bound those of a diverged run before comparing`,
    )
  }
}
